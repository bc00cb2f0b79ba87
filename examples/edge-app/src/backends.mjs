// What stands behind the app and is not ours to show: a directory of users and a slow catalogue of products.

const USERS = [
  { id: "u1", email: "ada@example.com", role: "admin" },
  { id: "u2", email: "bob@example.com", role: "member" },
];
const PRODUCTS = [
  { id: "1", name: "Selvedge denim" },
  { id: "2", name: "Loom" },
];

// In place of a sign-in with a password or a provider.
export const findUser = (email) => USERS.find((user) => user.email === email) ?? null;

// From API_URL where there is one. Null when there is no such product.
export async function fetchProduct(id) {
  if (!process.env.API_URL) return PRODUCTS.find((product) => product.id === id) ?? null;
  const answer = await fetch(`${process.env.API_URL}/products/${encodeURIComponent(id)}`);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`the catalogue answered ${answer.status}`);
  return answer.json();
}
