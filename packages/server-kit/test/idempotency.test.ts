import { randomInt } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, onTestFinished, test } from "vitest";
import { makeHome } from "./_sample.ts";

const rounds = Number(process.env.ROUNDS ?? 10);
const seed = Number(process.env.SEED ?? randomInt(1_000_000));
const PROCESSES = 3;

test(`of ${PROCESSES} processes that get the same write at once, one does it (SEED=${seed})`, async () => {
  const home = makeHome();
  const clients = await Promise.all(Array.from({ length: PROCESSES }, () => connect(home)));
  for (let round = 0; round < rounds; round += 1) {
    const call = {
      name: "add_note",
      arguments: { text: `note ${round}` },
      _meta: { "trestle/idempotencyKey": `${seed}/${round}` },
    };
    const answers = await Promise.all(clients.map((client) => client.callTool(call)));
    const done = answers.filter((answer) => !answer.isError);
    expect(done.length).toBeGreaterThan(0);
    for (const answer of answers.filter(({ isError }) => isError)) {
      expect(answer._meta).toMatchObject({ "trestle/error": { code: "in_progress" } });
    }
    const later = await Promise.all(clients.map((client) => client.callTool(call)));
    for (const answer of later)
      expect(answer.structuredContent).toEqual(done[0]?.structuredContent);
  }
  const kept = await Promise.all(
    clients.map((client) => client.callTool({ name: "list_notes", arguments: { limit: 100 } })),
  );
  const notes = kept.flatMap(
    ({ structuredContent }) => (structuredContent as { notes: string[] }).notes,
  );
  expect(notes.sort()).toEqual(Array.from({ length: rounds }, (_, n) => `note ${n}`).sort());
});

async function connect(home: string): Promise<Client> {
  const client = new Client({ name: "t", version: "1" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [fileURLToPath(new URL("./fixtures/sample/bin.ts", import.meta.url))],
      env: { TRESTLE_HOME: join(home, "data") },
      cwd: home,
      stderr: "ignore",
    }),
  );
  onTestFinished(() => client.close());
  return client;
}
