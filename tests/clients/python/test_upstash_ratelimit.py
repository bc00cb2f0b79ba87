"""upstash-ratelimit, the Python limiter, and optimistic transactions with upstash-redis."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import upstash_ratelimit
import upstash_ratelimit.asyncio
import upstash_redis.asyncio
from upstash_redis.errors import UpstashError

from suite import ServerTestCase
from test_upstash_redis import connect

LIMITERS = {
    "fixed": lambda: upstash_ratelimit.FixedWindow(max_requests=3, window=60),
    "sliding": lambda: upstash_ratelimit.SlidingWindow(max_requests=3, window=60),
    "tokens": lambda: upstash_ratelimit.TokenBucket(max_tokens=3, refill_rate=1, interval=60),
}


class Limits(ServerTestCase):
    """Every algorithm of the limiter."""

    def setUp(self):
        self.client = connect(self.server)
        self.addCleanup(self.client.close)

    def test_as_many_pass_as_allowed(self):
        for name, limiter in LIMITERS.items():
            with self.subTest(name):
                limit = upstash_ratelimit.Ratelimit(redis=self.client, limiter=limiter(), prefix=name)
                answers = [limit.limit("ada") for _ in range(5)]
                self.assertEqual([answer.allowed for answer in answers], [True, True, True, False, False])
                self.assertEqual([answer.remaining for answer in answers[:3]], [2, 1, 0])
                self.assertEqual(limit.get_remaining("ada"), 0)
                self.assertGreater(limit.get_reset("ada"), 0)
                self.assertTrue(limit.limit("bob").allowed)
                self.assertFalse(limit.block_until_ready("ada", timeout=0.05).allowed)

    def test_requests_that_come_at_once_are_counted_exactly(self):
        for name, limiter in LIMITERS.items():
            with self.subTest(name), ThreadPoolExecutor(10) as pool:
                limit = upstash_ratelimit.Ratelimit(redis=self.client, limiter=limiter(), prefix=f"{name} at once")
                allowed = [answer.allowed for answer in pool.map(limit.limit, ["ada"] * 20)]
                self.assertEqual(sum(allowed), 3)

    def test_the_asynchronous_one(self):
        async def run():
            client = upstash_redis.asyncio.Redis(url=self.server.url, token=self.server.token, rest_retries=0)
            for name, limiter in LIMITERS.items():
                limit = upstash_ratelimit.asyncio.Ratelimit(redis=client, limiter=limiter(), prefix=f"async {name}")
                answers = await asyncio.gather(*(limit.limit("ada") for _ in range(6)))
                self.assertEqual(sum(answer.allowed for answer in answers), 3)
            await client.close()

        asyncio.run(run())


class Versions(ServerTestCase):
    """Transactions that depend on the version of a key."""

    def setUp(self):
        self.client = connect(self.server)
        self.addCleanup(self.client.close)

    def test_a_guarded_transaction(self):
        version = self.client.execute(["CAS.VERSION", "k"])

        def guarded():
            transaction = self.client.multi()
            transaction.execute(["CAS.GUARD", "k", version])
            return transaction.incr("k").hgetall("h").exec()

        self.assertEqual(guarded(), [1, 1, {}])
        self.assertEqual(guarded(), [0])
        self.assertEqual(self.client.get("k"), "1")
        with self.assertRaisesRegex(UpstashError, "alone it would guard nothing"):
            self.client.execute(["CAS.GUARD", "k", version])

    def test_threads_that_add_to_one_key_lose_nothing(self):
        def add(_):
            client = connect(self.server)
            while True:
                version = client.execute(["CAS.VERSION", "sum"])
                transaction = client.multi()
                value = int(client.get("sum") or 0) + 1
                transaction.execute(["CAS.GUARD", "sum", version])
                if transaction.set("sum", value).exec()[0] == 1:
                    break
            client.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(40)))
        self.assertEqual(self.client.get("sum"), "40")
