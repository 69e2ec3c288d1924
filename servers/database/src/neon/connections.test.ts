import { expect, test } from "vitest";
import { maskPassword } from "./connections.ts";

test.for([
  [
    "postgresql://ana:npg_x@ep-1.neon.tech/neondb?sslmode=require",
    "postgresql://ana:****@ep-1.neon.tech/neondb?sslmode=require",
  ],
  ["postgres://ana@host/db?password=npg_x&a=1", "postgres://ana@host/db?password=****&a=1"],
  ["postgres://ana:p%40ss%3Aw%2Frd@host:5432/db", "postgres://ana:****@host:5432/db"],
  ["postgres://ana@host/db", "postgres://ana@host/db"],
] as const)("the password of %s is masked", ([url, masked]) => {
  expect(maskPassword(url)).toBe(masked);
});
