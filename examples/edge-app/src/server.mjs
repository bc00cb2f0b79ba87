// Listens on PORT, 3000 when nothing else is said.
import { createServer } from "node:http";
import { requestListener } from "./http.mjs";
import { limitRequests, routes } from "./routes.mjs";

const server = createServer(requestListener(routes, limitRequests));
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", () => server.close());
