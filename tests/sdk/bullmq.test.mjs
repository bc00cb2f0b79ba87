// BullMQ: a queue with all that it offers, on its own scripts and streams.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const { hostname: host, port, password } = new URL(server.redisUrl);
const connection = { host, port: Number(port), password, maxRetriesPerRequest: null };

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

async function until(holds) {
  while (!(await holds())) await pause(10);
}

// What a test makes of BullMQ, closed at its end, the last first.
function workshop(t) {
  const closing = [];
  t.after(async () => {
    for (const each of closing.reverse()) await each.close();
  });
  const kept = (each) => {
    // Connections that end with the server are no failure of the test.
    each.on("error", () => {});
    closing.push(each);
    return each;
  };
  return {
    queue: (name, options) => kept(new Queue(name, { connection, ...options })),
    events: async (name) => {
      const events = kept(new QueueEvents(name, { connection }));
      await events.waitUntilReady();
      return events;
    },
    worker: async (name, work, options) => {
      const worker = kept(new Worker(name, work, { connection, ...options }));
      await worker.waitUntilReady();
      return worker;
    },
    flow: () => kept(new FlowProducer({ connection })),
  };
}

test("jobs are done once each, and their results come back", { timeout: 30_000 }, async (t) => {
  const { queue, events, worker } = workshop(t);
  const jobs = queue("jobs");
  const finished = await events("jobs");
  const done = [];
  const work = async (job) => {
    done.push(job.data.n);
    await job.log(`did ${job.data.n}`);
    await job.updateProgress(100);
    return { square: job.data.n ** 2 };
  };
  await worker("jobs", work, { concurrency: 5 });
  await worker("jobs", work, { concurrency: 5 });
  const added = await jobs.addBulk(Array.from({ length: 100 }, (_, n) => ({ name: "square", data: { n } })));
  const results = await Promise.all(added.map((job) => job.waitUntilFinished(finished)));
  assert.deepEqual(results, added.map((_, n) => ({ square: n ** 2 })));
  assert.deepEqual(done.sort((a, b) => a - b), added.map((_, n) => n));
  assert.deepEqual(await jobs.getJobCounts("completed", "failed", "waiting"), { completed: 100, failed: 0, waiting: 0 });
  const { logs } = await jobs.getJobLogs(added[7].id);
  assert.deepEqual(logs, ["did 7"]);
  await jobs.obliterate({ force: true });
  assert.equal(await jobs.count(), 0);
});

test("a job that fails is tried again, later each time, and then it has failed", { timeout: 30_000 }, async (t) => {
  const { queue, events, worker } = workshop(t);
  const jobs = queue("failing");
  const finished = await events("failing");
  const attempts = [];
  await worker("failing", async (job) => {
    attempts.push(Date.now());
    if (job.data.heals && attempts.length > 2) return "healed";
    throw new Error("broken");
  });
  const retry = { attempts: 3, backoff: { type: "exponential", delay: 50 } };
  const heals = await jobs.add("heals", { heals: true }, retry);
  assert.equal(await heals.waitUntilFinished(finished), "healed");
  assert.ok(attempts[1] - attempts[0] >= 45 && attempts[2] - attempts[1] >= 95, String(attempts));
  const fails = await jobs.add("fails", {}, { attempts: 1 });
  await assert.rejects(fails.waitUntilFinished(finished), /broken/);
  assert.equal((await jobs.getFailed())[0].failedReason, "broken");
});

test("delayed jobs wait, and the one with priority comes first", { timeout: 30_000 }, async (t) => {
  const { queue, worker } = workshop(t);
  const jobs = queue("ordered");
  const order = [];
  const begun = Date.now();
  await jobs.add("late", {}, { delay: 300 });
  await jobs.add("low", {}, { priority: 10 });
  await jobs.add("high", {}, { priority: 1 });
  await jobs.add("middle", {}, { priority: 5 });
  await jobs.add("first", {});
  assert.deepEqual(await jobs.getCountsPerPriority([0, 1, 5, 10]), { 0: 1, 1: 1, 5: 1, 10: 1 });
  await worker("ordered", async (job) => {
    if (job.name === "late") assert.ok(Date.now() - begun >= 290);
    order.push(job.name);
  });
  await until(() => order.length === 5);
  assert.deepEqual(order, ["first", "high", "middle", "low", "late"]);
});

test("jobs repeat, by interval and by the clock", { timeout: 30_000 }, async (t) => {
  const { queue, worker } = workshop(t);
  const jobs = queue("repeating");
  const ran = { every: 0, cron: 0 };
  await worker("repeating", async (job) => void (ran[job.name] += 1));
  await jobs.upsertJobScheduler("each", { every: 100, limit: 3 }, { name: "every" });
  await jobs.upsertJobScheduler("second", { pattern: "* * * * * *" }, { name: "cron" });
  assert.equal(await jobs.getJobSchedulersCount(), 2);
  await until(() => ran.every === 3 && ran.cron >= 1);
  assert.equal(await jobs.removeJobScheduler("second"), true);
  await until(async () => (await jobs.getDelayedCount()) === 0);
  assert.equal(ran.every, 3);
});

test("a flow does the children before their parent", { timeout: 30_000 }, async (t) => {
  const { queue, events, worker, flow } = workshop(t);
  queue("flow");
  const finished = await events("flow");
  await worker("flow", async (job) => {
    if (job.name !== "sum") return job.data.n;
    const values = Object.values(await job.getChildrenValues());
    return values.reduce((sum, value) => sum + value, 0);
  });
  const child = (n) => ({ name: "number", queueName: "flow", data: { n } });
  const { job } = await flow().add({
    name: "sum",
    queueName: "flow",
    children: [child(1), { name: "sum", queueName: "flow", children: [child(2), child(3)] }, child(4)],
  });
  assert.equal(await job.waitUntilFinished(finished), 10);
});

test("a rate limit holds, over all workers", { timeout: 30_000 }, async (t) => {
  const { queue, worker } = workshop(t);
  const jobs = queue("limited");
  const times = [];
  const options = { limiter: { max: 3, duration: 400 }, concurrency: 10 };
  for (let i = 0; i < 2; i++) await worker("limited", async () => void times.push(Date.now()), options);
  await jobs.addBulk(Array.from({ length: 7 }, () => ({ name: "job", data: {} })));
  await until(() => times.length === 7);
  assert.ok(times[6] - times[0] >= 700, `seven at three in 400 ms took ${times[6] - times[0]} ms`);
});

test("what a dead worker had begun is done by another", { timeout: 30_000 }, async (t) => {
  const { queue, events, worker } = workshop(t);
  const jobs = queue("stalled");
  const finished = await events("stalled");
  let stalled = 0;
  finished.on("stalled", () => (stalled += 1));
  // It takes a job and neither ends nor renews its lock.
  const dead = await worker("stalled", null, { lockDuration: 100 });
  const job = await jobs.add("job", {});
  assert.equal((await dead.getNextJob("of the dead")).id, job.id);
  await worker("stalled", async () => "done by another", { stalledInterval: 100, lockDuration: 1_000 });
  assert.equal(await job.waitUntilFinished(finished), "done by another");
  await until(() => stalled === 1);
});

test("events tell everything, in order, and their stream is trimmed", { timeout: 30_000 }, async (t) => {
  const { queue, events, worker } = workshop(t);
  const jobs = queue("told", { streams: { events: { maxLen: 50 } } });
  const told = [];
  const finished = await events("told");
  for (const name of ["added", "waiting", "active", "progress", "completed"]) {
    finished.on(name, () => told.push(name));
  }
  await worker("told", (job) => job.updateProgress(50));
  const job = await jobs.add("job", {});
  await job.waitUntilFinished(finished);
  await until(() => told.includes("completed"));
  assert.deepEqual(told, ["added", "waiting", "active", "progress", "completed"]);
  await jobs.addBulk(Array.from({ length: 200 }, () => ({ name: "job", data: {} })));
  await until(async () => (await jobs.getCompletedCount()) === 201);
  await jobs.trimEvents(10);
  const redis = connect(server);
  assert.ok((await redis.xlen("bull:told:events")) <= 110, "trimmed nearly");
});

test("a queue is paused, drained, cleaned and asked for its jobs", { timeout: 30_000 }, async (t) => {
  const { queue, worker } = workshop(t);
  const jobs = queue("managed");
  await jobs.pause();
  const done = [];
  await worker("managed", async (job) => void done.push(job.name));
  await jobs.add("paused", {}, { jobId: "known" });
  await jobs.add("twice", {}, { jobId: "known" });
  await jobs.add("deduplicated", {}, { deduplication: { id: "same", ttl: 10_000 } });
  await jobs.add("deduplicated", {}, { deduplication: { id: "same", ttl: 10_000 } });
  assert.equal(await jobs.count(), 2);
  assert.equal((await jobs.getJob("known")).name, "paused");
  await pause(50);
  assert.deepEqual(done, []);
  await jobs.resume();
  await until(() => done.length === 2);
  await until(async () => (await jobs.getCompletedCount()) === 2);
  assert.equal((await jobs.clean(0, 10, "completed")).length, 2);
  await jobs.add("drained", {}, { delay: 60_000 });
  await jobs.drain(true);
  assert.equal(await jobs.count(), 0);
  assert.equal(await jobs.getDelayedCount(), 0);
});
