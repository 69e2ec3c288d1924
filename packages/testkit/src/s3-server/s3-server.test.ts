import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outcomeOf, PROBES } from "./_probes.ts";
import { type S3Server, startS3Server } from "./start-s3-server.ts";

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());

describe("the S3 server answers as R2 does", () => {
  test.each(Object.entries(PROBES))("%s", async (_, [expected, probe]) => {
    expect(await outcomeOf(probe, { ...server, bucket: "knowledge" })).toBe(expected);
  });
});
