import { expect, test } from "vitest";
import { framesOf } from "./frames.ts";

const NODE = `TypeError: total is not a number
    at async Cart.total (file:///srv/shop/src/cart.js:10:5)
    at /srv/shop/node_modules/express/lib/layer.js:95:5
    at new Order (/srv/shop/src/order.3f2a91bc.js:3:4)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`;
const PYTHON = `Traceback (most recent call last):
  File "/srv/shop/main.py", line 3, in <module>
    run()
  File "/usr/lib/python3.11/site-packages/click/core.py", line 1, in invoke
  File "/srv/shop/cart.py", line 12, in total
    return sum(rows)
TypeError: unsupported operand`;
const JAVA = `java.lang.IllegalStateException: closed
	at java.base/java.util.Objects.requireNonNull(Objects.java:233)
	at com.acme.Cart.lambda$total$3(Cart.java:12)
	at org.springframework.web.Servlet.service(Servlet.java:8)
Caused by: java.io.IOException: gone
	at com.acme.Store.read(Store.java:4)`;
const GO = `goroutine 1 [running]:
main.(*Cart).Total(0xc000, 0x1)
	/opt/ci/shop/cart.go:33 +0x1d
net/http.HandlerFunc.ServeHTTP(0x1, 0x2)
	/usr/local/go/src/net/http/server.go:2 +0x1`;
const RUST = `thread 'main' panicked at src/cart.rs:12:9
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:5:5
   1: shop::cart::total::h0123456789abcdef
             at ./src/cart.rs:12:9`;
const DOTNET = `System.InvalidOperationException: no elements
   at System.Linq.Enumerable.First[T](IEnumerable\`1 source)
   at Acme.Shop.Cart.Total(String id, Int32 n) in C:\\src\\Cart.cs:line 12`;
const FIREFOX = `total@https://shop.example/assets/cart.js:1:2
@https://shop.example/assets/main.js:9:2`;

test.each([
  ["Node", NODE, "Cart.total", "cart.js", [true, false, true, false]],
  ["Python", PYTHON, "total", "cart.py", [true, false, true]],
  ["Go", GO, "main.(*Cart).Total", "cart.go", [true, false]],
  ["a browser", FIREFOX, "total", "cart.js", [true, true]],
])("frames of %s, the innermost first", (_, stack, name, file, inApp) => {
  const frames = framesOf(stack);
  expect(frames[0]).toMatchObject({ function: name, file });
  expect(frames.map(({ isInApp }) => isInApp)).toEqual(inApp);
});

test.each([
  ["Java", JAVA, "com.acme.Cart.lambda$total", "Cart.java", 3],
  ["Rust", RUST, "shop::cart::total", "cart.rs", 2],
  [".NET", DOTNET, "Acme.Shop.Cart.Total", "Cart.cs", 2],
])("frames of %s: libraries are not the program", (_, stack, name, file, count) => {
  const frames = framesOf(stack);
  expect(frames).toHaveLength(count);
  expect(frames.find(({ isInApp }) => isInApp)).toMatchObject({ function: name, file });
});

test("a stack made to slow the reading down takes no longer than its length", () => {
  for (const piece of [
    "at a(",
    "at a.b (",
    'File "',
    "a@",
    "(a",
    "  at a b",
    "1: a::",
    "main.a(",
  ]) {
    const started = performance.now();
    framesOf(`${piece.repeat(100)}\n`.repeat(200));
    framesOf(piece.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
