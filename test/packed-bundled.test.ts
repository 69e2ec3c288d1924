import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { startOwnRedis } from "@trestle/testkit/own-redis";
import { startS3Server } from "@trestle/testkit/s3-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { canInstall, nodes, outcomeOf, runBeside, useInstalled } from "./_installed.ts";
import { startLineClient } from "./_line-client.ts";
import { weigh } from "./_weights.ts";

const storeInBucket = `import { openBucketStore, openKnowledge } from "@trestle-mcp/r2-knowledge";
const store = await openBucketStore(JSON.parse(process.argv[1]));
const knowledge = openKnowledge({ store });
const { id } = await knowledge.store({ error: { message: "pool timed out" }, fix: "Raise it" });
process.stdout.write(id);
await knowledge.close();`;

const hash = `import { openEmbedded } from "@trestle-mcp/database";
const database = openEmbedded({ dataDir: process.argv[1] });
await database.script("CREATE EXTENSION pgcrypto");
const { rows } = await database.query("SELECT encode(digest('a', 'sha256'), 'hex')");
process.stdout.write(JSON.stringify(rows));
await database.close();`;

/** The plainest of its protocols: a line asks, lines answer. */
async function keysOf(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write("KEYS *\r\nQUIT\r\n");
  return text(socket);
}

const workflow = { id: "tell", steps: [{ id: "wait", type: "wait", for: "1ms" }] };

const hasPostgres = await hasLocalPostgres();

/** What others wrote and our packages carry inside themselves does its work there, too. */
describe.skipIf(!canInstall)("what is bundled, installed by npm in an empty folder", () => {
  const installed = useInstalled();
  const run = (bin: string, args: readonly string[]) =>
    outcomeOf(installed.node(nodes.oldest), [installed.bin(bin), ...args], installed.scratch);

  test("the bridge with all of its servers stays light", () => {
    expect(weigh(installed.folder, "@trestle-mcp/bridge").megabytes).toBeLessThan(60);
  });

  test("knowledge reaches an S3 bucket", async () => {
    const bucket = await startS3Server();
    onTestFinished(() => bucket.close());
    const { endpoint, credentials } = bucket;
    const place = JSON.stringify({ endpoint, credentials, bucket: "knowledge" });
    const id = await runBeside(installed, storeInBucket, place);
    expect(bucket.keys().some((key) => key.includes(id))).toBe(true);
  });

  test("the embedded Postgres runs, loads an extension, migrates and exports", async () => {
    const folder = join(installed.scratch, "bundled");
    const rows = await runBeside(installed, hash, folder);
    expect(rows).toContain("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    const at = ["--database-data-dir", folder, "--database-migrations-dir", "migrations"];
    const up = ["--up", "CREATE TABLE guest (id int); INSERT INTO guest VALUES (7)"];
    const migrate = async (...words: string[]) =>
      expect(await run("trestle-database", ["migrate", ...words, ...at])).toMatchObject({
        code: 0,
      });
    await migrate("create", "guests", ...up);
    await migrate("up", "--yes", "--database-mode", "admin");
    const exported = await run("trestle-database", ["export", "--table", "guest", ...at]);
    expect(exported.stdout).toBe("id\n7\n");
  });

  test.skipIf(!hasPostgres)("workers are told of steps through BullMQ", async () => {
    const redis = await startOwnRedis();
    onTestFinished(() => redis.end());
    const database = await createLocalDatabase({ prefix: "bundled" });
    onTestFinished(() => database.drop());
    const env = {
      ...process.env,
      ORCHESTRATOR_DATA_DIR: join(installed.scratch, "shared-work"),
      ORCHESTRATOR_DATABASE_URL: database.url,
      ORCHESTRATOR_REDIS_URL: redis.url,
    };
    const command = [installed.node(nodes.oldest), installed.bin("trestle-orchestrator")] as const;
    const client = await startLineClient([...command], { cwd: installed.scratch, env });
    const call = async (name: string, args: object) =>
      (await client.request("tools/call", { name, arguments: args })).structuredContent;
    await call("register_workflow", { definition: workflow });
    const ended = await call("execute_workflow", { workflow: "tell", wait_seconds: 30 });
    expect(ended).toMatchObject({ status: "succeeded" });
    expect(await keysOf(redis.url)).toContain("steps:");
    expect(await client.close()).toBe(0);
  });
});
