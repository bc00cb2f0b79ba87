"""What the files of this suite share: a server for each class of tests."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "harness"))

from selvedge import Selvedge  # noqa: E402

ALL_BYTES = bytes(range(256))
"""Every byte once, so that no text decoding goes unnoticed."""


class ServerTestCase(unittest.TestCase):
    """Tests on a server of their own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Selvedge()
        cls.addClassCleanup(cls.server.remove)


class EverydayCalls:
    """The calls that both Python clients have, on `self.client`, which answers with text."""

    def test_strings_and_counters(self):
        client = self.client
        self.assertTrue(client.set("s", "v", ex=100))
        self.assertFalse(client.set("s", "w", nx=True))
        self.assertEqual(client.set("s", "w", keepttl=True, get=True), "v")
        self.assertGreater(client.ttl("s"), 95)
        self.assertEqual(client.getex("s", persist=True), "w")
        self.assertEqual(client.ttl("s"), -1)
        self.assertTrue(client.mset({"a": 1, "b": 2}))
        self.assertEqual(client.mget("a", "b", "none"), ["1", "2", None])
        self.assertEqual(client.incrby("n", 41), 41)
        self.assertEqual(client.incrbyfloat("n", 0.5), 41.5)
        self.assertEqual(client.getdel("n"), "41.5")
        self.assertEqual(client.setrange("s", 1, "eb"), 3)
        self.assertEqual(client.getrange("s", 0, -1), "web")
        self.assertEqual(client.exists("s", "none"), 1)
        client.set("max", 2**63 - 2)
        self.assertEqual(client.incr("max"), 2**63 - 1)

    def test_hashes_lists_and_sets(self):
        client = self.client
        self.assertEqual(client.hset("h", "a", "1"), 1)
        self.assertEqual(client.hset("h", "b", "2"), 1)
        self.assertEqual(client.hgetall("h"), {"a": "1", "b": "2"})
        self.assertEqual(client.hgetall("none"), {})
        self.assertEqual(client.hmget("h", "a", "none"), ["1", None])
        self.assertEqual(client.hincrby("h", "a", 4), 5)
        self.assertEqual(client.rpush("l", "a", "b", "c"), 3)
        self.assertEqual(client.lrange("l", 0, -1), ["a", "b", "c"])
        self.assertEqual(client.lpop("l", 2), ["a", "b"])
        self.assertEqual(client.sadd("set", "x", "y"), 2)
        self.assertEqual(set(client.smembers("set")), {"x", "y"})
        self.assertTrue(client.sismember("set", "x"))
        self.assertEqual(client.type("h"), "hash")
        self.assertEqual(client.delete("h", "l", "none"), 2)

    def test_sorted_sets(self):
        client = self.client
        self.assertEqual(client.zadd("z", {"a": 1, "b": 2.5, "c": 4}), 3)
        self.assertEqual(client.zscore("z", "b"), 2.5)
        self.assertEqual(client.zrange("z", 0, -1), ["a", "b", "c"])
        self.assertEqual(client.zrangebyscore("z", 2, 4), ["b", "c"])
        self.assertEqual([tuple(pair) for pair in client.zrange("z", 0, 0, withscores=True)], [("a", 1.0)])
        self.assertEqual(client.zrank("z", "c"), 2)
        self.assertEqual(client.zincrby("z", 0.5, "a"), 1.5)
        self.assertEqual(client.zrem("z", "a", "none"), 1)
        self.assertEqual(client.zcard("z"), 2)

    def test_expiry(self):
        client = self.client
        client.set("e", "v")
        self.assertTrue(client.expire("e", 100))
        self.assertFalse(client.expire("e", 50, gt=True))
        self.assertTrue(client.pexpire("e", 50_000, lt=True))
        self.assertLessEqual(client.pttl("e"), 50_000)
        self.assertTrue(client.persist("e"))
        self.assertTrue(client.expireat("e", 1))
        self.assertEqual(client.exists("e"), 0)
