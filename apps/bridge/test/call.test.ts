import { beforeEach, expect, test } from "vitest";
import { createPlace, type Place, run } from "./_place.ts";
import { entry } from "./_upstreams.ts";

let place: Place;
beforeEach(() => {
  place = createPlace();
});

test.each(["always", "on-collision", "never"])(
  "SERVER.TOOL names a tool whatever clients call it (prefix: %s)",
  async (prefix) => {
    place.configure({ mcpServers: { one: entry(place, "one") }, catalog: { prefix } });
    const called = await run(place, ["call", "one.echo", '{"text":"hello"}']);
    expect(called).toMatchObject({ code: 0, stdout: expect.stringContaining("hello") });
  },
);

test("a name that is not there names the nearest one", async () => {
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const called = await run(place, ["call", "one.ehco"]);
  expect(called.code).toBe(1);
  expect(called.stderr).toContain("one__echo");
});

test.each([
  ["{", "not valid JSON"],
  ["[1]", "must be a JSON object"],
])("arguments like %s are refused with a sentence", async (args, message) => {
  place.configure({ mcpServers: {} });
  const called = await run(place, ["call", "one.echo", args]);
  expect(called).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
