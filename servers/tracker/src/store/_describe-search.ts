import { describe, expect, it } from "vitest";
import type { StoreUnderTest } from "./_describe-tracker-store.ts";
import { batchOf, NOON, recordOf } from "./_sample.ts";

export function describeSearch({ open }: StoreUnderTest): void {
  describe("search", () => {
    async function filled() {
      const store = await open();
      const texts = [
        "Der Zähler für Äpfel zählt doppelt",
        "TypeError: cannot read foo_bar of undefined",
        "cannot open the file",
        "open the file, then open the file again: file, file",
      ];
      await store.commit(
        batchOf(texts.map((text, n) => recordOf(`s${n}`, { text, at: NOON + n }))),
      );
      await store.commit(
        batchOf(
          [
            recordOf("codex", {
              sessionId: "codex:two",
              at: NOON - 5,
              parts: [
                {
                  kind: "call",
                  callId: "1",
                  tool: "Bash",
                  input: { command: "cat", nested: ["zebra file"] },
                },
                {
                  kind: "result",
                  callId: "1",
                  ok: true,
                  text: `start ${"x ".repeat(9_000)} the end has walrus`,
                },
              ],
            }),
          ],
          { sessions: new Map([["codex:two", { project: "till", agent: "codex" }]]) },
        ),
      );
      const ids = async (text: string, query: object = {}) =>
        (await store.search({ text, ...query })).items.map(({ record }) => record.id);
      return { store, ids };
    }

    it("finds words, phrases, beginnings and leaves out, newest first", async () => {
      const { ids } = await filled();
      expect(await ids("file")).toEqual(["s3", "s2", "codex"]);
      expect(await ids("CANNOT open")).toEqual(["s2"]);
      expect(await ids('"open the file"')).toEqual(["s3", "s2"]);
      expect(await ids("file -cannot")).toEqual(["s3", "codex"]);
      expect(await ids("typeerr*")).toEqual(["s1"]);
      expect(await ids("foo_bar")).toEqual(["s1"]);
      expect(await ids("zahler apfel")).toEqual(["s0"]);
      expect(await ids("zebra")).toEqual(["codex"]);
      expect(await ids("walrus")).toEqual(["codex"]);
      expect(await ids("file NOT cannot OR")).toEqual([]);
    });

    it("finds only what filters let through", async () => {
      const { ids } = await filled();
      expect(await ids("file", { project: "till" })).toEqual(["codex"]);
      expect(await ids("file", { project: "none" })).toEqual([]);
      expect(await ids("file", { sessionId: "claude-code:one" })).toEqual(["s3", "s2"]);
      expect(await ids("file", { agent: "codex" })).toEqual(["codex"]);
      expect(await ids("file", { kinds: ["call", "prompt"] })).toEqual(["codex"]);
      expect(await ids("file", { kinds: ["prompt"] })).toEqual([]);
      expect(await ids("file", { from: NOON, to: NOON + 3 })).toEqual(["s2"]);
    });

    it("shows where it matches, and leads to the record", async () => {
      const { store } = await filled();
      const [hit] = (await store.search({ text: "walrus" })).items;
      expect(hit?.snippet).toMatch(/^….*the end has «walrus»$/);
      expect(hit?.record.origin).toEqual({ source: "claude", path: "/logs/one.jsonl", offset: 0 });
      const [marks] = (await store.search({ text: "Apfel" })).items;
      expect(marks?.snippet).toBe("Der Zähler für «Äpfel» zählt doppelt");
    });

    it("gives pages that join, in either order", async () => {
      const { store } = await filled();
      for (const order of ["newest", "relevance"] as const) {
        const all = (await store.search({ text: "file", order })).items.map(
          ({ record }) => record.id,
        );
        const paged: string[] = [];
        for (let cursor: string | undefined; paged.length < 10; ) {
          const page = await store.search({
            text: "file",
            order,
            limit: 1,
            ...(cursor ? { cursor } : {}),
          });
          paged.push(...page.items.map(({ record }) => record.id));
          cursor = page.next;
          if (cursor === undefined) break;
        }
        expect(paged).toEqual(all);
      }
      const [first] = (await store.search({ text: "file", order: "relevance" })).items;
      expect(first?.record.id).toBe("s3");
    });

    it("says what it cannot search", async () => {
      const { store } = await filled();
      for (const text of ["", "-cannot", "a*", "!!!"]) {
        await expect(store.search({ text })).rejects.toMatchObject({ code: "invalid_input" });
      }
      await expect(store.search({ text: "file", limit: 0 })).rejects.toMatchObject({
        code: "invalid_input",
      });
    });
  });
}
