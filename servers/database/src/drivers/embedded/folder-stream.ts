import { Duplex } from "node:stream";
import type { Door } from "./door.ts";

/** What a client of `pg` takes for a socket: it connects by going through the door. */
export class FolderStream extends Duplex {
  readonly #door: Door;
  #inner: Duplex | undefined;

  constructor(door: Door) {
    super();
    this.#door = door;
    this.once("end", () => this.destroy());
  }

  connect(): this {
    this.#door.enter().then(
      (inner) => this.#attach(inner),
      (error: Error) => this.destroy(error),
    );
    return this;
  }

  #attach(inner: Duplex): void {
    if (this.destroyed) {
      inner.destroy();
      return;
    }
    this.#inner = inner;
    inner.on("data", (chunk) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.on("error", () => {}); // the close that follows says enough
    inner.once("end", () => this.push(null));
    inner.once("close", () => this.destroy());
    this.emit("connect");
  }

  override _read(): void {
    this.#inner?.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    if (this.#inner?.writable) this.#inner.write(chunk, encoding, done);
    else done(new Error("the socket is closed"));
  }

  override _final(done: () => void): void {
    // Its other side may be gone already, and would never say that it has the end.
    this.#inner?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** Only a socket to another process holds this one. */
  ref(): this {
    (this.#inner as { ref?: () => void } | undefined)?.ref?.();
    return this;
  }

  unref(): this {
    (this.#inner as { unref?: () => void } | undefined)?.unref?.();
    return this;
  }
}
