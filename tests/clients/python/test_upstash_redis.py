"""upstash-redis, the Python client of the REST dialect."""

import asyncio
import signal

import upstash_redis
import upstash_redis.asyncio
from upstash_redis.errors import UpstashError

from suite import EverydayCalls, ServerTestCase

TEXTS = ["", "OK", "null", "1e3", "9007199254740993", "h\u00e9llo \U0001f44b\U0001f3fd", "\x00\x01", '{"a":', "a\r\nb"]


def connect(server, **options):
    """A client that does not hide an error behind a second try."""
    return upstash_redis.Redis(**{"url": server.url, "token": server.token, "rest_retries": 0, **options})


class Rest(EverydayCalls, ServerTestCase):
    """The calls of an everyday app."""

    def setUp(self):
        self.client = connect(self.server)
        self.addCleanup(self.client.close)
        self.assertTrue(self.client.flushdb())

    def test_scanning(self):
        client = self.client
        keys = {f"it:{i}" for i in range(100)}
        client.mset(dict.fromkeys(keys, "v"))
        found, cursor = set(), 0
        while True:
            cursor, page = client.scan(cursor, match="it:*", count=7)
            found.update(page)
            if cursor == 0:
                break
        self.assertEqual(found, keys)

    def test_documents(self):
        json = self.client.json
        self.assertTrue(json.set("d", "$", {"a": 2, "b": 3, "nested": {"a": 4, "b": None}}))
        self.assertEqual(json.get("d", "$..b"), [None, 3])
        self.assertEqual(json.get("d"), [{"a": 2, "b": 3, "nested": {"a": 4, "b": None}}])
        self.assertEqual(json.numincrby("d", "$.a", 1), [3])
        self.assertEqual(json.objlen("d", "$.nested"), [2])
        self.assertEqual(json.delete("d", "$..a"), 2)
        self.assertEqual(json.type("d", "$.*"), ["integer", "object"])

    def test_pipelines_and_transactions(self):
        pipeline = self.client.pipeline()
        for _ in range(2_000):
            pipeline.incr("piped")
        self.assertEqual(pipeline.exec(), list(range(1, 2_001)))
        self.assertEqual(self.client.multi().set("t", 1).incr("t").get("t").exec(), [True, 2, "2"])
        with self.assertRaisesRegex(UpstashError, "WRONGTYPE"):
            self.client.multi().incr("t").lpush("t", "x").exec()
        self.assertEqual(self.client.get("t"), "3")

    def test_text_survives(self):
        for encoding in ("base64", None):
            client = connect(self.server, rest_encoding=encoding)
            for text in TEXTS:
                client.set("text", text)
                self.assertEqual(client.get("text"), text)
            client.rpush(f"texts:{encoding}", *TEXTS)
            self.assertEqual(client.lrange(f"texts:{encoding}", 0, -1), TEXTS)
            client.close()

    def test_errors(self):
        self.client.lpush("errors", "x")
        for words, text in (
            (["GET", "errors"], "WRONGTYPE Operation against a key holding the wrong kind of value"),
            (["NOPE"], "ERR unknown command 'NOPE'"),
            (["GET"], "ERR wrong number of arguments for 'get' command"),
        ):
            with self.assertRaisesRegex(UpstashError, text):
                self.client.execute(words)

    def test_tokens(self):
        self.client.set("open", "yes")
        with connect(self.server, token=self.server.read_only_token) as reader:
            self.assertEqual(reader.get("open"), "yes")
            with self.assertRaisesRegex(UpstashError, "NOPERM"):
                reader.set("open", "no")
        with connect(self.server, token="wrong") as stranger:
            with self.assertRaisesRegex(UpstashError, "WRONGPASS invalid or missing auth token"):
                stranger.get("open")

    def test_on_asyncio(self):
        async def calls():
            async with upstash_redis.asyncio.Redis(url=self.server.url, token=self.server.token) as client:
                counts = await asyncio.gather(*(client.incr("shared") for _ in range(20)))
                self.assertEqual(sorted(counts), list(range(1, 21)))
                self.assertEqual(await client.multi().incr("shared").get("shared").exec(), [21, "21"])

        asyncio.run(calls())

    def test_places(self):
        client = self.client
        self.assertEqual(client.geoadd("geo", (13.361389, 38.115556, "Palermo"), (15.087269, 37.502669, "Catania")), 2)
        self.assertEqual(float(client.geodist("geo", "Palermo", "Catania", unit="KM")), 166.2742)
        self.assertEqual(client.geohash("geo", "Palermo", "none"), ["sqc8b49rny0", None])
        self.assertEqual(client.geopos("geo", "Palermo", "none"), [(13.361389338970184, 38.1155563954963), None])
        around = {"longitude": 15, "latitude": 37, "radius": 200, "unit": "KM"}
        self.assertEqual(client.geosearch("geo", **around, order="ASC"), ["Catania", "Palermo"])
        self.assertEqual(client.geosearchstore("near", "geo", **around, order="ASC", count=1), 1)
        self.assertEqual(client.zrange("near", 0, -1), ["Catania"])
        self.assertEqual(client.georadius("geo", 15, 37, 200, "KM", order="DESC"), ["Palermo", "Catania"])
        self.assertEqual(client.georadiusbymember("geo", "Palermo", 100, "KM"), ["Palermo"])


class Restart(ServerTestCase):
    """A restart under a client."""

    def test_it_reconnects_and_finds_its_data(self):
        with connect(self.server, rest_retries=100, rest_retry_interval=0.02) as client:
            client.set("kept", "value")
            for with_signal in (signal.SIGTERM, signal.SIGKILL):
                self.server.restart(with_signal)
                self.assertEqual(client.get("kept"), "value")
