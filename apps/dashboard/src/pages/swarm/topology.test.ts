import { expect, test } from "vitest";
import { drawTopology, type Member, SIZE } from "./topology.ts";

function member(id: string, more: Partial<Member> = {}): Member {
  return { id, name: id, role: "worker", status: "active", tasks: [], ...more } as Member;
}

const four = ["a", "b", "c", "d"].map((id) => member(id));
const pairs = (drawn: ReturnType<typeof drawTopology>): string[] =>
  drawn.lines.map(({ from, to }) => `${from}${to}`);

test("a mesh joins all with all, a ring each with the next", () => {
  expect(pairs(drawTopology("mesh", four))).toEqual(["ab", "ac", "ad", "bc", "bd", "cd"]);
  expect(pairs(drawTopology("ring", four))).toEqual(["ab", "bc", "cd", "da"]);
  expect(pairs(drawTopology("ring", [member("a")]))).toEqual([]);
});

test("a star has its coordinator in the middle, and nobody who has left", () => {
  const drawn = drawTopology("star", [
    member("a"),
    member("gone", { status: "left" }),
    member("hub", { role: "coordinator" }),
  ]);
  expect(pairs(drawn)).toEqual(["huba"]);
  expect(drawn.spots[0]).toMatchObject({ id: "hub", x: SIZE.width / 2, y: SIZE.height / 2 });
  expect(drawTopology("star", [])).toEqual({ spots: [], lines: [] });
});

test("a hierarchy has children below their parents, and ends where parents go round", () => {
  const drawn = drawTopology("hierarchical", [
    member("top"),
    member("mid", { parent: "top" }),
    member("low", { parent: "mid" }),
  ]);
  expect(pairs(drawn)).toEqual(["topmid", "midlow"]);
  const heights = drawn.spots.map(({ y }) => y);
  expect(heights).toEqual([...heights].sort((one, other) => one - other));
  const round = [member("a", { parent: "b" }), member("b", { parent: "a" })];
  expect(drawTopology("hierarchical", round).spots).toHaveLength(2);
});

test("everybody is within the drawing", () => {
  const many = Array.from({ length: 40 }, (_, index) => member(`m${index}`));
  for (const topology of ["mesh", "ring", "star", "hierarchical"] as const) {
    for (const { x, y } of drawTopology(topology, many).spots) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(SIZE.width);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(SIZE.height);
    }
  }
});
