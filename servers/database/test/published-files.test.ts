import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describePublishedFiles } from "@trestle/testkit/published-files";
import { expect, test } from "vitest";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";
import { server } from "../src/server.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));

describePublishedFiles({ folder, server, id: "database", program: "trestle-database" });

test("the README's program runs as it stands", () => {
  const readme = readFileSync(`${folder}/README.md`, "utf8");
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
  const home = temporaryFolder();
  try {
    const options = { cwd: folder, env: { ...process.env, HOME: home.path }, encoding: "utf8" };
    const printed = execFileSync(
      process.execPath,
      ["--input-type=module", "--eval", program],
      options as { encoding: "utf8" },
    );
    expect(printed).toBe("[ { name: 'Rui' } ]\n");
  } finally {
    home.remove();
  }
}, 60_000);
