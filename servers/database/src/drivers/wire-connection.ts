import type { ClientBase } from "pg";

/** What we use of a client's inner connection; `pg` and Neon's driver have the same one. */
export interface WireConnection {
  readonly stream: {
    readonly writable: boolean;
    write(bytes: Uint8Array): unknown;
    on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
    off(event: "data", listener: (chunk: Uint8Array) => void): unknown;
    destroy(): unknown;
  };
  sendCopyFail(message: string): void;
  emit(event: "error", error: Error): unknown;
  on(event: string, listener: (message: never) => void): unknown;
  prependListener(event: string, listener: (message: never) => void): unknown;
  once(event: string, listener: (message: never) => void): unknown;
  off(event: string, listener: (message: never) => void): unknown;
}

/** A client as its pool gives it, with the parts that its types leave out. */
export interface WireClient extends ClientBase {
  readonly connection: WireConnection;
  readonly processID: number | null;
  readonly secretKey: number | null;
  release(error?: Error | boolean): void;
}

/** Ends a connection for a reason, which whatever runs on it fails with. */
export function breakOff(connection: WireConnection, reason: Error): void {
  connection.emit("error", reason);
  connection.stream.destroy();
}
