import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { mountServer } from "./_mount.ts";

const page = readFileSync(new URL("../../../docs/objects.md", import.meta.url), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text = ""]) => text,
  );

test("every call of the page works as it stands, one after the other", async () => {
  const home = temporaryFolder();
  const mounted = mountServer(home, {});
  const calls = blocks("json").map(
    (text) => JSON.parse(text) as { name: string; arguments: JsonObject },
  );
  expect(calls.length).toBeGreaterThan(8);
  for (const { name, arguments: args } of calls) await mounted.call(name, args);
  const plan = await mounted.call("object_get", { class: "document", id: "plan" });
  expect(plan.state).toEqual({ version: 3, content: { body: "one two three four" } });
  await mounted.close();
});

test("the class of the page is one", async () => {
  const [code = ""] = blocks("ts");
  const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const file = join(temporaryFolder(), "vote.ts");
  const zod = import.meta.resolve("zod");
  writeFileSync(
    file,
    code
      .replace('"@trestle-mcp/objects"', JSON.stringify(source("../src/index.ts")))
      .replace('"zod"', JSON.stringify(fileURLToPath(zod))),
  );
  const mounted = mountServer(temporaryFolder(), { OBJECTS_CLASSES: file });
  const vote = { class: "vote", id: "lunch" };
  await mounted.call("object_initialize", { ...vote, args: { options: ["soup"] } });
  const cast = { ...vote, method: "cast", args: { option: "soup" } };
  expect(await mounted.call("object_call", cast)).toMatchObject({ result: { votes: 1 } });
  await mounted.close();
});
