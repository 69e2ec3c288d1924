import { fc, fuzz } from "@trestle/testkit/fuzz";
import { expect, test } from "vitest";
import { corrupt } from "./errors.ts";
import { encodeManifest, FORMAT, type Manifest, parseManifest } from "./manifest.ts";

const KEY = "index/manifest";
const text = (of: string): Uint8Array => new TextEncoder().encode(of);

const CORPUS = [
  ...["", "null", "[]", "1", '"', "{}", '{"format":null}', '{"format":2}', '{"format":-1}'],
  ...['{"format":1}', '{"format":1,"number":0}', '{"format":"1"}', '{"__proto__":{"format":1}}'],
  ...[`${"[".repeat(5_000)}`, '{"format":1e999}'],
].map(text);
CORPUS.push(
  new Uint8Array([0xff, 0xfe]),
  new Uint8Array([0xc3]),
  new Uint8Array([0xef, 0xbb, 0xbf]),
);

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const manifests: fc.Arbitrary<Manifest> = fc.record({
  ...{ format: fc.constant(FORMAT as 1), number: count, at: fc.integer(), epoch: fc.nat() },
  snapshot: fc.string(),
  history: fc.array(
    fc.record({ number: count, at: fc.integer(), absorbed: fc.array(fc.string()) }),
    { maxLength: 4 },
  ),
});

/** A manifest that was cut off, or of which one byte was turned. */
const damaged = fc
  .tuple(manifests, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean())
  .map(([manifest, place, bits, isCut]) => {
    const bytes = encodeManifest(manifest);
    const at = place % bytes.length;
    if (isCut) return bytes.slice(0, at);
    bytes[at] = (bytes[at] ?? 0) ^ bits;
    return bytes;
  });
const anything = fc.oneof(damaged, fc.uint8Array(), fc.json().map(text));

test("whatever stands in its place is a manifest, or damage that is said", async () => {
  await fuzz(anything, { corpus: CORPUS, runs: 500 }, (bytes) => {
    let read: Manifest;
    try {
      read = parseManifest(KEY, bytes);
    } catch (error) {
      const said = corrupt(KEY, error);
      expect(["corrupt", "newer_format"]).toContain(said.code);
      expect(said.message).toContain(KEY);
      return;
    }
    expect(parseManifest(KEY, encodeManifest(read))).toEqual(read);
  });
});

test("a manifest that was written is read as it was", async () => {
  await fuzz(manifests, { corpus: [] }, (manifest) => {
    expect(parseManifest(KEY, encodeManifest(manifest))).toEqual(manifest);
  });
});
