import { type JsonObject, type JsonValue, parseJson, toPlainNumbers } from "@trestle/protocol";
import { expect, test } from "vitest";
import * as z from "zod";
import { controlOf } from "./call-control.ts";
import { callControl } from "./call-control-schema.ts";

// All copies of the library in a process share their words, and one of another version may have set its own.
z.config(z.locales.en());

const values = [
  "true",
  "0",
  "1",
  "-1",
  "1.5",
  "1e400",
  "9007199254740993",
  '"x"',
  "null",
  "[]",
  "{}",
];
const keys = [...Object.keys(callControl.shape), "strange"];

/** What the schema says of it: nothing, or the first thing that is wrong. */
function wordsOf(asked: JsonValue): string | undefined {
  const { error } = callControl.safeParse(toPlainNumbers(asked));
  const [issue] = error?.issues ?? [];
  return (
    issue && [`_meta["trestle/control"]`, ...issue.path].join(".").concat(`: ${issue.message}`)
  );
}

function refusalOf(asked: JsonValue): string | undefined {
  try {
    controlOf({ _meta: { "trestle/control": asked } } as JsonObject);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test("a caller's wishes are read as their schema says", () => {
  const wishes = keys.flatMap((key) => values.map((value) => `{"${key}":${value}}`));
  const pairs = ['{"use_cache":1,"retries":-1}', '{"a":1,"b":2}', '{"retries":"x","strange":1}'];
  for (const text of [...values, ...wishes, ...pairs]) {
    const asked = parseJson(text);
    expect(refusalOf(asked), text).toBe(wordsOf(asked));
  }
});

test("wishes become what policies understand", () => {
  const asked = { use_cache: false, cache_ttl: 2, timeout: 0.5, retries: 0, use_fallback: true };
  expect(controlOf({ _meta: { "trestle/control": asked } })).toEqual({
    useCache: false,
    cacheTtlMs: 2_000,
    timeoutMs: 500,
    retries: 0,
    useFallback: true,
  });
  expect(controlOf({})).toBeUndefined();
});
