"""redis-py over RESP2 and RESP3."""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import redis
import redis.asyncio
from redis.backoff import ConstantBackoff
from redis.cache import CacheConfig
from redis.retry import Retry

from suite import ALL_BYTES, EverydayCalls, ServerTestCase


class Access(ServerTestCase):
    """Who may do what."""

    def test_a_wrong_password_is_told_from_none(self):
        for protocol in (2, 3):
            stranger = redis.from_url(self.server.redis_url_for("default:wrong@"), protocol=protocol)
            with self.assertRaisesRegex(redis.AuthenticationError, "invalid username-password pair"):
                stranger.ping()
            stranger.close()
            with redis.from_url(self.server.redis_url_for(""), protocol=protocol) as nobody:
                with self.assertRaisesRegex(redis.AuthenticationError, "Authentication required|already authenticated"):
                    nobody.get("k")

    def test_the_read_only_token_may_not_write(self):
        with redis.from_url(self.server.redis_url) as writer:
            writer.set("open", "yes")
        url = self.server.redis_url_for(f"default_ro:{self.server.read_only_token}@")
        with redis.from_url(url, decode_responses=True) as reader:
            self.assertEqual(reader.get("open"), "yes")
            for call in (lambda: reader.set("open", "no"), reader.flushall, lambda: reader.keys("*")):
                with self.assertRaisesRegex(redis.exceptions.NoPermissionError, "no permissions to run the"):
                    call()

    def test_the_connection_has_a_name_and_an_id(self):
        with redis.from_url(self.server.redis_url, client_name="smoke", single_connection_client=True) as client:
            self.assertEqual(client.client_getname(), "smoke")
            self.assertGreater(client.client_id(), 0)
            self.assertEqual(client.client_info()["lib-name"], "redis-py")
            self.assertRegex(client.info("server")["redis_version"], r"^8\.2")


class Calls(EverydayCalls):
    """The same calls in both protocols."""

    protocol = None

    def setUp(self):
        self.client = redis.from_url(self.server.redis_url, protocol=self.protocol, decode_responses=True)
        self.addCleanup(self.client.close)
        self.assertTrue(self.client.flushdb())

    def test_pipelines(self):
        pipeline = self.client.pipeline(transaction=False)
        for _ in range(5_000):
            pipeline.incr("piped")
        self.assertEqual(pipeline.execute(), list(range(1, 5_001)))
        pipeline.set("text", "x").incr("text").get("text")
        ok, error, text = pipeline.execute(raise_on_error=False)
        self.assertTrue(ok)
        self.assertIsInstance(error, redis.ResponseError)
        self.assertEqual(text, "x")

    def test_transactions(self):
        pipeline = self.client.pipeline(transaction=True)
        self.assertEqual(pipeline.set("t", 1).incr("t").get("t").execute(), [True, 2, "2"])
        pipeline.incr("t").lpush("t", "x").incr("t")
        first, error, last = pipeline.execute(raise_on_error=False)
        self.assertEqual((first, last), (3, 4))
        self.assertRegex(str(error), "WRONGTYPE|wrong kind of value")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command 'NOPE'"):
            pipeline.incr("t").execute_command("NOPE").execute()
        self.assertEqual(self.client.get("t"), "4")

    def test_documents(self):
        json = self.client.json()
        self.assertTrue(json.set("d", "$", {"name": "Ada", "tags": ["x"], "age": 36, "on": True}))
        self.assertIsNone(json.set("d", "$.name", "Eve", nx=True))
        self.assertEqual(json.get("d", "$.name"), ["Ada"])
        self.assertEqual(json.get("d", "$..b", "$.age"), {"$..b": [], "$.age": [36]})
        self.assertEqual(json.arrappend("d", "$.tags", "y", {"z": 1}), [3])
        self.assertEqual(json.arrindex("d", "$.tags", "y"), [1])
        self.assertEqual(json.arrlen("d", "$.tags"), [3])
        self.assertEqual(json.arrpop("d", "$.tags", 0), ['"x"'])
        self.assertEqual(json.numincrby("d", "$.age", 1), [37])
        self.assertEqual(json.strappend("d", " L.", "$.name"), [6])
        self.assertEqual(json.strlen("d", "$.name"), [6])
        self.assertEqual(json.toggle("d", "$.on"), [0])
        self.assertEqual(json.objkeys("d", "$"), [["name", "tags", "age", "on"]])
        self.assertEqual(json.objlen("d", "$"), [4])
        self.assertTrue(json.merge("d", "$", {"age": None, "city": "London"}))
        self.assertEqual(json.delete("d", "$.on"), 1)
        self.assertEqual(json.clear("d", "$.tags"), 1)
        self.assertTrue(json.mset([("d", "$.n", 1), ("e", "$", [1])]))
        document = {"name": "Ada L.", "tags": [], "city": "London", "n": 1}
        self.assertEqual(json.mget(["d", "e", "none"], "$"), [[document], [[1]], None])
        with self.assertRaisesRegex(redis.ResponseError, "new objects must be created at the root"):
            json.set("none", "$.a", 1)

    def test_a_transaction_depends_on_what_it_watched(self):
        client = self.client
        with client.pipeline() as pipeline:
            pipeline.watch("watched")
            client.set("watched", "theirs")
            pipeline.multi()
            with self.assertRaises(redis.WatchError):
                pipeline.set("watched", "ours").execute()
        self.assertEqual(client.get("watched"), "theirs")

        def increment(pipeline):
            count = int(pipeline.get("count") or 0)
            pipeline.multi()
            pipeline.set("count", count + 1)

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(client.transaction, increment, "count") for _ in range(40)]:
                self.assertEqual(done.result(), [True])
        self.assertEqual(client.get("count"), "40")

    def test_a_pop_waits_for_a_push(self):
        client = self.client
        with ThreadPoolExecutor(1) as pool:
            popped = pool.submit(client.blpop, ["none", "jobs"], 0)
            client.rpush("jobs", "first", "second")
            self.assertEqual(tuple(popped.result()), ("jobs", "first"))
        self.assertEqual(client.blmove("jobs", "done", 0, "LEFT", "RIGHT"), "second")
        self.assertIsNone(client.brpop("jobs", 0.01))

    def test_messages_reach_who_listens(self):
        with self.client.pubsub() as listener:
            listener.subscribe("chat")
            listener.psubscribe("user:*")
            for count, kind in ((1, "subscribe"), (2, "psubscribe")):
                confirmed = listener.get_message(timeout=10)
                self.assertEqual((confirmed["type"], confirmed["data"]), (kind, count))
            self.assertEqual(self.client.publish("chat", "hello"), 1)
            self.assertEqual(self.client.publish("user:1", "hi"), 1)
            heard = [listener.get_message(timeout=10) for _ in range(2)]
            self.assertEqual(
                [(message["pattern"], message["channel"], message["data"]) for message in heard],
                [(None, "chat", "hello"), ("user:*", "user:1", "hi")],
            )
            listener.unsubscribe()
            self.assertEqual(listener.get_message(timeout=10)["type"], "unsubscribe")
            self.assertEqual(self.client.publish("chat", "anybody?"), 0)

    def test_bytes_and_integers_at_the_limit(self):
        with redis.from_url(self.server.redis_url, protocol=self.protocol) as client:
            self.assertTrue(client.set(ALL_BYTES, ALL_BYTES))
            self.assertEqual(client.get(ALL_BYTES), ALL_BYTES)
            client.hset("bytes", ALL_BYTES, ALL_BYTES)
            self.assertEqual(client.hgetall("bytes"), {ALL_BYTES: ALL_BYTES})
            client.sadd("byte-set", ALL_BYTES, b"")
            self.assertEqual(client.smembers("byte-set"), {ALL_BYTES, b""})
            client.set("max", 2**63 - 1)
            with self.assertRaisesRegex(redis.ResponseError, "increment or decrement would overflow"):
                client.incr("max")

    def test_scan_iterators(self):
        client = self.client
        fields = {f"f{i}": str(i) for i in range(1_000)}
        client.hset("large", mapping=fields)
        self.assertEqual(dict(client.hscan_iter("large", count=50)), fields)
        members = {f"m{i}" for i in range(1_000)}
        client.sadd("members", *members)
        self.assertEqual(sorted(client.sscan_iter("members", count=50)), sorted(members))
        keys = {f"it:{i}" for i in range(100)}
        client.mset(dict.fromkeys(keys, "v"))
        self.assertEqual(set(client.scan_iter("it:*", count=7)), keys)
        self.assertEqual(list(client.scan_iter(_type="hash")), ["large"])

    def test_errors(self):
        client = self.client
        client.lpush("errors", "x")
        for words, text in (
            (["GET", "errors"], "WRONGTYPE Operation against a key holding the wrong kind of value"),
            (["NOPE", "a"], "unknown command 'NOPE', with args beginning with: 'a'"),
            (["GET"], "wrong number of arguments for 'get' command"),
            (["SET", "k", "v", "EX", "no"], "value is not an integer or out of range"),
            (["SELECT", "1"], "DB index is out of range"),
            (["EXEC"], "EXEC without MULTI"),
        ):
            with self.assertRaisesRegex(redis.ResponseError, text):
                client.execute_command(*words)

    def test_places(self):
        client = self.client
        self.assertEqual(client.geoadd("geo", [13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"]), 2)
        self.assertEqual(float(client.geodist("geo", "Palermo", "Catania", unit="km")), 166.2742)
        self.assertEqual(client.geohash("geo", "Palermo", "none"), ["sqc8b49rny0", None])
        places = [place and tuple(place) for place in client.geopos("geo", "Palermo", "none")]
        self.assertEqual(places, [(13.361389338970184, 38.1155563954963), None])
        around = {"longitude": 15, "latitude": 37, "radius": 200, "unit": "km"}
        self.assertEqual(client.geosearch("geo", **around, sort="ASC"), ["Catania", "Palermo"])
        self.assertEqual(client.geosearchstore("near", "geo", **around, sort="ASC", count=1), 1)
        self.assertEqual(client.zrange("near", 0, -1), ["Catania"])
        self.assertEqual(client.georadius("geo", 15, 37, 200, "km", sort="DESC"), ["Palermo", "Catania"])
        self.assertEqual(client.georadiusbymember("geo", "Palermo", 100, "km"), ["Palermo"])


class Resp2(Calls, ServerTestCase):
    protocol = 2


class Resp3(Calls, ServerTestCase):
    protocol = 3

    def test_on_asyncio(self):
        async def calls():
            async with redis.asyncio.from_url(self.server.redis_url, protocol=3, max_connections=8) as client:
                counts = await asyncio.gather(*(client.incr("shared") for _ in range(8)))
                self.assertEqual(sorted(counts), list(range(1, 9)))
                async with client.pipeline(transaction=True) as pipeline:
                    self.assertEqual(await pipeline.incr("shared").get("shared").execute(), [9, b"9"])

        asyncio.run(calls())


class ClientSideCache(ServerTestCase):
    """Values that the client keeps, and is told about."""

    def test_what_is_written_elsewhere_is_read_anew(self):
        config = CacheConfig()
        with (
            redis.from_url(self.server.redis_url, protocol=3, cache_config=config, decode_responses=True) as cached,
            redis.from_url(self.server.redis_url, decode_responses=True) as other,
        ):
            other.mset({"cached": "old", "untouched": "old"})
            for _ in range(2):
                self.assertEqual(cached.mget("cached"), ["old"])
                self.assertEqual(cached.get("cached"), "old")
                self.assertEqual(cached.get("untouched"), "old")
            self.assertEqual(cached.get_cache().size, 3)
            other.set("cached", "new")
            self.assertEqual(self.read_until(cached, "cached", "new"), "new")
            self.assertEqual(cached.get_cache().size, 2, "the other read of it is gone as well")
            other.flushall()
            self.assertEqual(self.read_until(cached, "untouched", None), None)

    def read_until(self, client, key, wanted):
        """Reads until the notice has arrived: it and the reply to the writer take different ways."""
        deadline = time.monotonic() + 10
        while (value := client.get(key)) != wanted and time.monotonic() < deadline:
            pass
        return value


class Restart(ServerTestCase):
    """A restart under a client."""

    def test_it_reconnects_and_finds_its_data(self):
        retry = Retry(ConstantBackoff(0.02), 100)
        with redis.from_url(self.server.redis_url, retry=retry, decode_responses=True) as client:
            client.set("kept", "value")
            for with_signal in (signal.SIGTERM, signal.SIGKILL):
                self.server.restart(with_signal)
                self.assertEqual(client.get("kept"), "value")
