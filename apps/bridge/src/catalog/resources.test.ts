import type { Upstream } from "@trestle/upstream";
import { describe, expect, test } from "vitest";
import { createRouter, ownersOf } from "./resources.ts";
import { prefixedUris, sameUris, type UriRules } from "./uris.ts";

const upstreams = (...ids: string[]): Upstream[] => ids.map((id) => ({ id }) as Upstream);
const router = (ids: string[], rules: (id: string) => UriRules, template = "note://{id}/x{y}z") =>
  createRouter(
    () => ({
      resourceOwners: ownersOf([{ id: "b", items: [{ uri: "listed://1" }, { uri: 5 }] }]),
      templateOwners: [{ template, server: "b" }],
    }),
    () => upstreams(...ids),
    rules,
  );

describe("the owner of an address", () => {
  test("is told by its prefix", () => {
    expect(router(["a", "b"], prefixedUris)("b+demo://x")).toEqual({
      server: "b",
      uri: "demo://x",
    });
    expect(router(["a", "b"], prefixedUris)("ui://a/page")).toEqual({
      server: "a",
      uri: "ui://page",
    });
    expect(router(["a", "b"], prefixedUris)("c+demo://x")).toBeUndefined();
  });

  test("is who lists it, where addresses are not rewritten", () => {
    expect(router(["a", "b"], () => sameUris)("listed://1")).toEqual({
      server: "b",
      uri: "listed://1",
    });
  });

  test.each([
    ["note://1/x2z", true],
    ["note:///xz", true],
    ["note://1/x", false],
    ["note://1/y2z", false],
    ["other://1/x2z", false],
    ["note://z", false],
  ])("of %s by its template: %s", (uri, found) => {
    expect(router(["a", "b"], () => sameUris)(uri)?.server).toBe(found ? "b" : undefined);
  });

  test("is found in time linear in the address, whatever a stranger's template asks for", () => {
    const route = router(["a", "b"], () => sameUris, `${"{a}a".repeat(50)}b`);
    expect(route("a".repeat(100_000))).toBeUndefined();
  });

  test("is the only server there is", () => {
    expect(router(["a"], () => sameUris)("what://ever")).toEqual({
      server: "a",
      uri: "what://ever",
    });
  });
});
