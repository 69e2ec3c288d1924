// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { expect, test } from "vitest";
import { readDefinition } from "../definitions/read.ts";
import { toPlan } from "../definitions/to-plan.ts";
import type { Execution } from "../workflows/execution.ts";
import { draw } from "./draw.ts";
import { layOut } from "./layout.ts";

const planOf = (steps: readonly object[], facts: object = {}) =>
  toPlan(readDefinition({ id: "shop", steps, ...facts }));

const task = (id: string, facts: object = {}) => ({ id, server: "s", tool: "t", ...facts });

const diamond = planOf([
  task("a"),
  task("b", { dependsOn: ["a"] }),
  task("c", { dependsOn: ["a"], when: "${results.a.ok}" }),
  task("d", { dependsOn: ["b", "c"], arguments: { of: "${results.a.x}" } }),
]);

function executionOf(statuses: Record<string, string>, facts: Partial<Execution> = {}): Execution {
  const steps = Object.entries(statuses).map(([id, status]) => ({ id, status }));
  return {
    ...{ executionId: "e", workflow: "shop", version: "1", status: "running" },
    ...{ startedAt: "", completedSteps: [], failedSteps: [], errors: [], results: {} },
    ...{ steps, waitingFor: [] },
    ...facts,
  } as Execution;
}

test("a definition as Mermaid: what waits for what, what reads what", () => {
  const { drawing, steps, drawn, notice } = draw(diamond, "mermaid");
  expect({ steps, drawn, notice }).toEqual({ steps: 4, drawn: 4, notice: undefined });
  for (const line of ["s1 --> s2", "s1 --> s3", "s2 --> s4", "s3 --> s4", "s1 --> s4"])
    expect(drawing).toContain(`  ${line}\n`);
  expect(drawing).not.toContain("classDef");
  const ordered = planOf([task("a"), task("b"), task("c", { arguments: { of: "$step_1.x" } })]);
  expect(draw(ordered, "mermaid").drawing).toContain("  s2 --> s3\n  s1 -.-> s3\n");
});

test("an execution shows how each step stands, in colour and in words", () => {
  const execution = executionOf(
    { a: "succeeded", b: "running", c: "failed", d: "pending" },
    { waitingFor: [{ step: "b", for: "approval" }], undone: [{ step: "a" }] },
  );
  const mermaid = draw(diamond, "mermaid", execution).drawing;
  expect(mermaid).toContain("accTitle: shop running");
  for (const [key, state] of Object.entries({
    s1: "undone",
    s2: "waiting",
    s3: "failed",
    s4: "pending",
  }))
    expect(mermaid).toContain(`  class ${key} ${state}\n`);
  const svg = draw(diamond, "svg", execution).drawing;
  for (const state of ["undone", "waiting", "failed", "pending"])
    expect(svg).toContain(`class="step ${state}"`);
});

test("nothing that anybody writes becomes markup", () => {
  const hostile = planOf(
    [
      task("a", { server: '"]--><script>alert(1)</script>', tool: "x'\"&<b>\u0000\ud800" }),
      { id: "b", type: "condition", condition: "'<img src=x>' == ']]>'", dependsOn: ["a"] },
    ],
    { id: "h" },
  );
  const execution = executionOf({ a: "failed" });
  const reason = {
    ...execution,
    steps: [{ id: "a", status: "failed", reason: "</text><script>" }],
  };
  for (const format of ["svg", "mermaid"] as const) {
    const { drawing } = draw(hostile, format, reason);
    expect(drawing).not.toMatch(/<script|<img|<b>|\]-->/);
    expect(drawing).not.toContain("\u0000");
    expect(drawing.isWellFormed()).toBe(true);
  }
  const tags = [...draw(hostile, "svg", reason).drawing.matchAll(/<\/?([a-zA-Z]+)/g)];
  expect(new Set(tags.map(([, name]) => name))).toEqual(
    new Set(["svg", "title", "defs", "marker", "path", "rect", "g", "text"]),
  );
});

test("10,000 steps give a bounded drawing that says what is not in it", () => {
  const many = Array.from({ length: 10_000 }, (_, at) =>
    task(`n${at}`, at === 0 ? {} : { dependsOn: [`n${Math.floor((at - 1) / 3)}`] }),
  );
  const plan = planOf(many);
  const execution = executionOf(
    Object.fromEntries(many.map(({ id }) => [id, id === "n9999" ? "failed" : "succeeded"])),
  );
  for (const format of ["svg", "mermaid"] as const) {
    const { drawing, steps, drawn, notice } = draw(plan, format, execution);
    expect({ steps, drawn, notice }).toEqual({
      ...{ steps: 10_000, drawn: 200 },
      notice: "Not drawn: 9800 more steps",
    });
    expect(drawing.length).toBeLessThan(150_000);
    expect(drawing).toContain("n9999");
    expect(drawing).toContain("9800 more steps");
  }
});

test("more arrows than anybody can follow are counted instead", () => {
  const firsts = Array.from({ length: 100 }, (_, at) => task(`a${at}`));
  const dependsOn = firsts.map(({ id }) => id);
  const plan = planOf([
    ...firsts,
    ...Array.from({ length: 60 }, (_, at) => task(`b${at}`, { dependsOn })),
  ]);
  expect(draw(plan, "svg").notice).toBe("Not drawn: 5400 more arrows");
});

test("boxes do not overlap, and each stands below what it comes from", () => {
  const boxes = Array.from({ length: 60 }, (_, at) => ({
    ...{ key: `k${at}`, width: 60 + ((at * 37) % 90), height: 30 + ((at * 13) % 40) },
  }));
  const edges = boxes.flatMap((box, at) =>
    [at * 2 + 1, at * 2 + 2, at + 17].flatMap((to) =>
      boxes[to] ? [{ from: box.key, to: boxes[to].key }] : [],
    ),
  );
  const { boxes: placed, width, height, paths } = layOut(boxes, edges);
  const all = [...placed.values()];
  for (const [at, one] of all.entries()) {
    expect(one.x >= 0 && one.x + one.width <= width && one.y + one.height <= height).toBe(true);
    for (const other of all.slice(at + 1)) {
      const apart =
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height <= other.y ||
        other.y + other.height <= one.y;
      expect(apart).toBe(true);
    }
  }
  for (const { from, to } of edges)
    expect(placed.get(from)?.y).toBeLessThan(placed.get(to)?.y ?? 0);
  expect(paths).toHaveLength(edges.length);
});
