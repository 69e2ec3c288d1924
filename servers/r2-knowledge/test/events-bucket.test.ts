import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startS3Server } from "@trestle/testkit/s3-server";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { mountServer } from "./_call.ts";
import { startReceiver } from "./_receiver.ts";

/** A bucket that takes one write a second of each key, as R2 does. */
async function startBucket() {
  const bucket = await startS3Server({ writesPerSecondAndKey: 1 });
  onTestFinished(() => bucket.close());
  const { endpoint, credentials } = bucket;
  const settings = {
    R2_ENDPOINT: endpoint,
    R2_ACCESS_KEY_ID: credentials.accessKeyId,
    R2_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    R2_AUDIT_BUCKET: "knowledge",
    KNOWLEDGE_EVENTS: "true",
    KNOWLEDGE_EVENTS_MS: "100",
    KNOWLEDGE_REFRESH_MS: "0",
  };
  return { bucket, settings };
}

test("in a bucket two servers tell the same, and merge the edits of both", async () => {
  const { bucket, settings } = await startBucket();
  const [one, two] = [mountServer(settings), mountServer(settings)];
  const { next = 0 } = (await one.call("list_changes", {})).structuredContent;
  const stored = await one.call("store_diagnosis", { error: { message: "pool timed out" } });
  const id = String(stored.structuredContent.id);
  const edits = await Promise.all(
    [one, two].map(({ call }, n) =>
      call("edit_diagnosis", { id, version: 1, changes: { metadata: { [`of${n}`]: n } } }),
    ),
  );
  expect(edits.map(({ structuredContent }) => structuredContent.status)).toEqual([
    ...["applied", "applied"],
  ]);
  const known = await two.call("get_diagnosis", { id });
  expect(known.structuredContent).toMatchObject({
    ...{ version: 3, diagnosis: { metadata: { of0: 0, of1: 1 } } },
  });
  const heard = await Promise.all(
    [one, two].map(({ call }) => call("list_changes", { since: next })),
  );
  const [first, second] = heard.map(({ structuredContent }) => structuredContent.events);
  expect(second).toEqual(first);
  expect(first).toMatchObject([
    { topic: "diagnosis.stored", payload: { id, version: 1 } },
    { topic: "diagnosis.updated", payload: { id, version: 2 } },
    { topic: "diagnosis.updated", payload: { id, version: 3 } },
  ]);
  expect(bucket.keys().filter((key) => key.startsWith("mcp/events/")).length).toBeGreaterThan(1);
}, 120_000);

test("a server that runs delivers by itself what another process did", async () => {
  const { settings } = await startBucket();
  const receiver = await startReceiver();
  const file = join(temporaryFolder(), "hooks.json");
  const hook = { url: receiver.url, events: ["diagnosis.*"] };
  writeFileSync(file, JSON.stringify({ webhooks: { one: hook }, allowHosts: [receiver.host] }));
  const server = mountServer({ ...settings, KNOWLEDGE_WEBHOOKS_FILE: file });
  const other = mountServer({ ...settings, KNOWLEDGE_EVENTS: "false" });
  const listed = async () => (await server.call("list_webhooks", {})).structuredContent.webhooks;
  let done: unknown;
  while (done === undefined) [{ done }] = (await listed()) as [{ done?: number }];
  const { structuredContent } = await other.call("store_diagnosis", { error: { message: "far" } });
  await until("it arrives", () => receiver.received.length > 0, 60_000);
  expect(JSON.parse(receiver.received[0]?.body ?? "").payload.id).toBe(structuredContent.id);
  expect(await other.refusal("list_changes", {})).toContain("KNOWLEDGE_EVENTS=true");
  expect(await other.refusal("test_webhook", { id: "one" })).toContain("KNOWLEDGE_WEBHOOKS_FILE");
  expect((await server.call("test_webhook", { id: "one" })).structuredContent).toEqual({
    ok: true,
  });
}, 120_000);
