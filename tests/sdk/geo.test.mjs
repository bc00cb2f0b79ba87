// Places through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const redis = connect(await startServer());
const palermo = { longitude: 13.361389, latitude: 38.115556, member: "Palermo" };
const catania = { longitude: 15.087269, latitude: 37.502669, member: "Catania" };
const near = { type: "FROMLONLAT", coordinate: { lon: 15, lat: 37 } };
const circle = { type: "BYRADIUS", radius: 200, radiusType: "KM" };

test("GEOADD with every option", async () => {
  assert.equal(await redis.geoadd("add", palermo, catania), 2);
  assert.equal(await redis.geoadd("add", { nx: true }, { ...palermo, longitude: 1 }), 0);
  assert.equal(await redis.geoadd("add", { xx: true, ch: true }, { ...palermo, longitude: 14 }), 1);
  assert.equal(await redis.geoadd("add", { ch: true }, { ...palermo, member: "new" }), 1);
  await assert.rejects(redis.geoadd("add", { ...palermo, longitude: 200 }), /ERR invalid longitude,latitude pair 200.000000,38.115556/);
});

test("GEODIST, GEOHASH and GEOPOS", async () => {
  await redis.geoadd("look", palermo, catania);
  assert.equal(await redis.geodist("look", "Palermo", "Catania"), 166274.1516);
  assert.equal(await redis.geodist("look", "Palermo", "Catania", "KM"), 166.2742);
  assert.equal(await redis.geodist("look", "Palermo", "none", "MI"), null);
  assert.deepEqual(await redis.geohash("look", "Palermo", "none"), ["sqc8b49rny0", null]);
  assert.deepEqual(await redis.geopos("look", "Palermo", "none"), [{ lng: 13.361389338970184, lat: 38.1155563954963 }]);
});

test("GEOSEARCH with every option", async () => {
  await redis.geoadd("search", palermo, catania);
  const members = (found) => found.map(({ member }) => member);
  assert.deepEqual(members(await redis.geosearch("search", near, circle, "ASC")), ["Catania", "Palermo"]);
  assert.deepEqual(members(await redis.geosearch("search", near, circle, "DESC")), ["Palermo", "Catania"]);
  const box = { type: "BYBOX", rect: { width: 100, height: 100 }, rectType: "KM" };
  assert.deepEqual(members(await redis.geosearch("search", { type: "FROMMEMBER", member: "Palermo" }, box, "ASC")), ["Palermo"]);
  const options = { withCoord: true, withDist: true, withHash: true, count: { limit: 1, any: false } };
  assert.deepEqual(await redis.geosearch("search", near, circle, "DESC", options), [
    {
      member: "Palermo",
      dist: 190.4424,
      hash: "3479099956230698",
      coord: { long: 13.361389338970184, lat: 38.1155563954963 },
    },
  ]);
  assert.equal(members(await redis.geosearch("search", near, circle, "ASC", { count: { limit: 1, any: true } })).length, 1);
  assert.deepEqual(await redis.geosearch("none", near, circle, "ASC"), []);
});

test("GEOSEARCHSTORE with places and with distances", async () => {
  await redis.geoadd("source", palermo, catania);
  assert.equal(await redis.geosearchstore("stored", "source", near, circle, "ASC"), 2);
  assert.equal(await redis.zscore("stored", "Palermo"), 3479099956230698);
  assert.equal(await redis.geosearchstore("stored", "source", near, circle, "DESC", { count: { limit: 1 }, storeDist: true }), 1);
  assert.deepEqual(await redis.zrange("stored", 0, -1, { withScores: true }), ["Palermo", 190.44242984775784]);
});
