import { describe, expect, test } from "vitest";
import { createRandom, pick, seedOf } from "../../test/_random.ts";
import { exposeNames, type Named, type PrefixMode } from "./names.ts";

const rules = { prefix: "always", maxLength: 45 } as const;
const of = (server: string, ...names: string[]): Named[] => names.map((name) => ({ server, name }));

describe("exposeNames", () => {
  test("puts the server in front", () => {
    expect([...exposeNames(of("db", "run_sql"), rules).keys()]).toEqual(["db__run_sql"]);
  });

  test("replaces what hosts do not accept", () => {
    expect([...exposeNames(of("a", "größe.é/x"), rules).keys()]).toEqual(["a__gr__e___x"]);
  });

  test("shortens a long name and marks it with a hash", () => {
    const [name] = exposeNames(of("a", "x".repeat(200)), rules).keys();
    expect(name).toMatch(/^a__x{35}_[0-9a-f]{6}$/);
  });

  test("gives a name that two would become to the one that is called so, or to none", () => {
    const owned = exposeNames(of("a", "b.c", "b_c", "b/c"), rules);
    expect(owned.get("a__b_c")?.name).toBe("b_c");
    const nobodys = exposeNames(of("a", "b.c", "b/c"), rules);
    expect([...nobodys.keys()].every((name) => /^a__b_c_[0-9a-f]{6}$/.test(name))).toBe(true);
    // Whoever else comes or goes: the hash is the tool's own.
    const names = (map: Map<string, Named>) =>
      new Map([...map].map(([key, { name }]) => [name, key]));
    expect(names(owned).get("b.c")).toBe(names(nobodys).get("b.c"));
  });

  test("keeps two names apart that would become one", () => {
    const names = exposeNames(of("a", "b.c", "b/c"), rules);
    expect(names.size).toBe(2);
    expect([...names.values()].map(({ name }) => name).sort()).toEqual(["b.c", "b/c"]);
  });

  test("on collision prefixes only the names that several servers have", () => {
    const items = [...of("a", "shared", "own"), ...of("b", "shared")];
    const names = exposeNames(items, { ...rules, prefix: "on-collision" });
    expect([...names.keys()].sort()).toEqual(["a__shared", "b__shared", "own"]);
  });

  test("never prefixes when told so, and still keeps names apart", () => {
    const names = exposeNames([...of("a", "x"), ...of("b", "x")], { ...rules, prefix: "never" });
    expect(names.get("x")?.server).toBe("a");
    expect(names.size).toBe(2);
  });
});

describe("whatever upstreams call their tools", () => {
  const seed = seedOf(process.env);
  const rounds = Number(process.env.ROUNDS ?? 200);

  test(`names are valid, distinct and independent of the order of arrival (SEED=${seed})`, () => {
    const random = createRandom(seed);
    for (let round = 0; round < rounds; round += 1) {
      const items = randomItems(random);
      const prefix = pick(["always", "on-collision", "never"] as PrefixMode[], random);
      const maxLength = 16 + Math.floor(random() * 113);
      const names = exposeNames(items, { prefix, maxLength });
      expect(names.size).toBe(items.length);
      expect(new Set(names.values()).size).toBe(items.length);
      for (const name of names.keys()) {
        expect(name).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(name.length).toBeLessThanOrEqual(maxLength);
      }
      const again = exposeNames(shuffle(items, random), { prefix, maxLength });
      expect(Object.fromEntries(again)).toEqual(Object.fromEntries(names));
    }
  });
});

type Random = () => number;

/** Few letters, so that names collide; every pair of server and name once. */
function randomItems(random: Random): Named[] {
  const items = new Map<string, Named>();
  for (let count = Math.floor(random() * 30); count > 0; count -= 1) {
    const server = pick(["a", "b", "a-b", "1", "a_", "server-of-16-chr"], random);
    const length = pick([0, 1, 2, 3, 40, 130], random);
    const name = Array.from({ length }, () => pick(["a", "_", ".", "é", "😀", "/"], random)).join(
      "",
    );
    items.set(`${server}\n${name}`, { server, name });
  }
  return [...items.values()];
}

function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

test.each(["never", "on-collision"] as const)(
  "no server takes a name that begins with another's (prefix: %s)",
  (prefix) => {
    const own = { server: "bridge", name: "history", alwaysPrefixed: true };
    const two = { server: "two", name: "echo" };
    const items = [
      { server: "a", name: "bridge__history" },
      { server: "a", name: "two__echo" },
      { server: "z", name: "echo" },
      own,
      two,
    ];
    const exposed = exposeNames(items, { prefix, maxLength: 64 });
    expect(exposed.get("bridge__history")).toBe(own);
    if (prefix === "on-collision") expect(exposed.get("two__echo")).toBe(two);
    expect(exposed.size).toBe(items.length);
  },
);
