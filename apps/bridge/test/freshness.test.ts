import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { FILESYSTEM } from "./_equality-servers.ts";
import { ms, report } from "./_measure.ts";
import { callByHttp } from "./_peer.ts";
import { createPlace, serve } from "./_place.ts";

const CHANGES = 50;
/** Every reading tool of the server is kept for five minutes. */
const cached = { tools: { "read_*": { cache: true }, "list_*": { cache: true } } };

interface Files {
  /** What the file holds, as the server says through the bridge, and whether it came from the cache. */
  read(name: string): Promise<{ text: string; cached: boolean }>;
  write(name: string, text: string): Promise<void>;
  /** Writes past the bridge. */
  edit(name: string, text: string): void;
}

/** The filesystem server that everybody uses, behind the bridge. */
async function startFiles(policy?: object): Promise<Files> {
  const place = createPlace();
  const folder = join(place.root, "files");
  mkdirSync(folder);
  const entry = { command: process.execPath, args: [FILESYSTEM, folder] };
  place.configure({ mcpServers: { files: { ...entry, ...(policy && { policy }) } } });
  const { url } = await serve(place);

  async function call(tool: string, args: JsonObject): Promise<JsonObject> {
    const { answer } = await callByHttp(url, `files__${tool}`, args);
    expect(answer.error).toBeUndefined();
    expect(answer.result?.isError, JSON.stringify(answer.result)).not.toBe(true);
    return answer.result as JsonObject;
  }

  return {
    async read(name) {
      const result = await call("read_text_file", { path: join(folder, name) });
      const [first] = result.content as { text: string }[];
      const { "trestle/call": facts } = result._meta as { "trestle/call": { cached: boolean } };
      return { text: first?.text ?? "", cached: facts.cached };
    },
    write: async (name, content) =>
      void (await call("write_file", { path: join(folder, name), content })),
    edit(name, text) {
      writeFileSync(join(folder, `${name}.new`), text);
      renameSync(join(folder, `${name}.new`), join(folder, name));
    },
  };
}

test("who polls through the bridge sees every change at once, whoever made it", async () => {
  const files = await startFiles();
  const latencies: number[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    const text = `state ${change}`;
    if (change % 2 === 0) files.edit("state.txt", text);
    else await files.write("state.txt", text);
    const began = performance.now();
    expect(await files.read("state.txt")).toEqual({ text, cached: false });
    expect(await files.read("state.txt")).toEqual({ text, cached: false });
    latencies.push((performance.now() - began) / 2);
  }
  const median = latencies.toSorted((a, b) => a - b)[CHANGES / 2] ?? 0;
  report(`a poll sees a change after ${ms(median)} (median of ${CHANGES})`);
});

test("a read that is cached by the operator's word is dropped by a write through the bridge", async () => {
  const files = await startFiles(cached);
  for (let change = 0; change < CHANGES; change += 1) {
    const text = `state ${change}`;
    await files.write("state.txt", text);
    expect(await files.read("state.txt")).toEqual({ text, cached: false });
    expect(await files.read("state.txt")).toEqual({ text, cached: true });
  }
});

test("a poll that runs while files are written never goes back, though reads are cached", async () => {
  const files = await startFiles(cached);
  await files.write("state.txt", "0");
  let acknowledged = 0;
  let writing = true;
  const seen: number[] = [];
  const poll = async (): Promise<void> => {
    while (writing) {
      const before = acknowledged;
      const { text } = await files.read("state.txt");
      // A file is empty while the server writes it anew: that is the server's answer, and not old.
      if (text !== "") seen.push(Number(text) - before);
    }
  };
  const polls = [poll(), poll(), poll()];
  for (let change = 1; change <= CHANGES; change += 1) {
    await files.write("state.txt", String(change));
    acknowledged = change;
  }
  writing = false;
  await Promise.all(polls);
  expect(seen.length).toBeGreaterThan(CHANGES / 5);
  expect(
    seen.filter((ahead) => ahead < 0),
    "older than what was acknowledged",
  ).toEqual([]);
});
