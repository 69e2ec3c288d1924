import { framesOf } from "@trestle/errors";
import { expect, test } from "vitest";
import { type ErrorText, fingerprint, isFingerprint, whatOf } from "./fingerprint.ts";

import { stackSimilarity } from "./stack-similarity.ts";

const NODE = `TypeError: total is not a number
    at async Cart.total (file:///srv/shop/src/cart.js:10:5)
    at /srv/shop/node_modules/express/lib/layer.js:95:5
    at new Order (/srv/shop/src/order.3f2a91bc.js:3:4)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`;
const FIREFOX = `total@https://shop.example/assets/cart.js:1:2
@https://shop.example/assets/main.js:9:2`;

const error: ErrorText = {
  name: "TypeError",
  message: "user 4711 has no address",
  stack: NODE,
};

test("a fingerprint outlives other parameters, folders, lines, builds and a stack that is cut", () => {
  const again = {
    name: "TypeError",
    message: "user 12 has no address",
    stack: NODE.replaceAll("/srv/shop/", "/opt/ann/shop/")
      .replaceAll(":10:5", ":99:1")
      .split("\n")
      .slice(0, 2)
      .join("\n"),
  };
  expect(fingerprint(again)).toBe(fingerprint(error));
  expect(isFingerprint(fingerprint(error))).toBe(true);
});

test("the same error at another place shares what failed, not where", () => {
  const elsewhere = { ...error, stack: NODE.replaceAll("Cart.total", "Cart.tax") };
  expect(fingerprint(elsewhere)).not.toBe(fingerprint(error));
  expect(whatOf(fingerprint(elsewhere))).toBe(whatOf(fingerprint(error)));
});

test("another name or message is another error", () => {
  const others = [
    { ...error, name: "RangeError" },
    { ...error, message: "user 4711 has no cart" },
  ];
  for (const other of others) {
    expect(whatOf(fingerprint(other))).not.toBe(whatOf(fingerprint(error)));
  }
});

test("fingerprints of other versions and makers are told", () => {
  for (const text of ["", "abc", fingerprint(error).replace(/^1/, "0"), `${fingerprint(error)}0`]) {
    expect(isFingerprint(text)).toBe(false);
  }
});

test("stacks are alike by their common frames, those near the error first", () => {
  const whole = framesOf(NODE);
  const without = (at: number) => whole.filter((_, index) => index !== at);
  expect(stackSimilarity(whole, whole)).toBe(1);
  expect(stackSimilarity(whole, whole.slice(0, 2))).toBeCloseTo(1);
  const other = { function: "other", file: "other.js", isInApp: true };
  const changed = (at: number) => whole.map((frame, index) => (index === at ? other : frame));
  expect(stackSimilarity(whole, changed(0))).toBeLessThan(stackSimilarity(whole, changed(2)));
  expect(stackSimilarity(whole, [...without(0)])).toBeGreaterThan(0);
  expect(stackSimilarity(whole, framesOf(FIREFOX))).toBe(0);
  expect(stackSimilarity([], whole)).toBe(0);
});
