import { expect, test } from "vitest";
import { parseRedisAddress } from "../src/redis/address.ts";
import { createRedisClient } from "../src/redis/clients.ts";

test.each([
  ["redis://cache", { kind: "one", url: "redis://cache", where: "cache:6379" }],
  ["rediss://me:secret@[::1]:7000/2", { kind: "one", where: "::1:7000" }],
  [
    "redis+cluster://a:7000?nodes=b:7001,c",
    {
      kind: "cluster",
      nodes: [
        { host: "a", port: 7_000 },
        { host: "b", port: 7_001 },
        { host: "c", port: 6_379 },
      ],
      isEncrypted: false,
      where: "cluster of a:7000",
    },
  ],
  [
    "rediss+cluster://m%40e:s%2Fcret@a",
    { kind: "cluster", username: "m@e", password: "s/cret", isEncrypted: true },
  ],
])("%s is read", (text, address) => {
  expect(parseRedisAddress(text)).toMatchObject(address);
});

test.each([
  "redis",
  "http://cache",
  "redis://",
  "redis+cluster://a?nodes=me:secret@b",
  "redis+cluster://a?nodes=b:port",
])("%s is refused without being repeated", (text) => {
  expect(() => parseRedisAddress(text)).toThrow(
    expect.objectContaining({
      code: "invalid_config",
      message: expect.not.stringMatching(/secret|a\?nodes/),
    }),
  );
});

test("an encrypted cluster is entered with its credentials, over TLS", async () => {
  const address = parseRedisAddress("rediss+cluster://me:secret@127.0.0.1:1");
  const client = await createRedisClient(address);
  expect(client.options).toMatchObject({
    lazyConnect: true,
    redisOptions: { username: "me", password: "secret", tls: {} },
  });
  client.disconnect();
});
