import { TrestleError } from "@trestle/protocol";
import type { WireConnection } from "./wire-connection.ts";

/**
 * Messages of Postgres' wire protocol, gathered to leave in one piece: the system's work for a piece is many
 * times ours for a message. Values and rows are texts; a name left empty is the unnamed statement or portal.
 */
export interface Outgoing {
  /** The simple protocol: only for text of our own. */
  query(text: string): void;
  parse(sql: string): void;
  /** Throws `invalid_input` for more values than a statement can have. */
  bind(portal: string, values: readonly (string | null)[]): void;
  describe(what: "statement" | "portal", name: string): void;
  /** `rows` 0: all. */
  execute(portal: string, rows: number): void;
  /** A statement of our own without parameters, to its end, its rows described to nobody. */
  whole(sql: string): void;
  flush(): void;
  sync(): void;
  bytes(): Uint8Array;
  sendTo(connection: WireConnection): void;
}

const MOST_VALUES = 65_535;
/** Enough for most statements. */
const FIRST_BYTES = 1_024;

export function createOutgoing(): Outgoing {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let end = 0;

  function room(count: number): number {
    const at = end;
    end += count;
    if (end > bytes.length) {
      const larger = Buffer.allocUnsafe(end * 2);
      bytes.copy(larger, 0, 0, at);
      bytes = larger;
    }
    return at;
  }

  function int16(value: number): void {
    // Room first: it may be in another buffer.
    const at = room(2);
    bytes.writeUInt16BE(value, at);
  }

  function int32(value: number): void {
    const at = room(4);
    bytes.writeInt32BE(value, at);
  }

  function text(value: string, length = Buffer.byteLength(value)): void {
    const at = room(length);
    bytes.write(value, at, length, "utf8");
  }

  function name(value: string): void {
    text(value);
    const at = room(1);
    bytes.writeUInt8(0, at);
  }

  /** Its length counts itself, and not the letter before it. */
  function message(type: string, body?: () => void): void {
    const at = room(5);
    bytes.write(type, at, "latin1");
    body?.();
    bytes.writeInt32BE(end - at - 1, at + 1);
  }

  function parse(sql: string): void {
    message("P", () => {
      name("");
      name(sql);
      int16(0);
    });
  }

  function bind(portal: string, values: readonly (string | null)[]): void {
    if (values.length > MOST_VALUES)
      throw new TrestleError("invalid_input", `A statement takes ${MOST_VALUES} values at most.`);
    message("B", () => {
      name(portal);
      name("");
      int16(0);
      int16(values.length);
      for (const value of values) {
        const length = value === null ? -1 : Buffer.byteLength(value);
        int32(length);
        if (value !== null) text(value, length);
      }
      int16(0);
    });
  }

  function execute(portal: string, rows: number): void {
    message("E", () => {
      name(portal);
      int32(rows);
    });
  }

  return {
    query: (sql) => message("Q", () => name(sql)),
    parse,
    bind,
    describe: (what, of) => message("D", () => name(`${what === "portal" ? "P" : "S"}${of}`)),
    execute,
    whole(sql) {
      parse(sql);
      bind("", []);
      execute("", 0);
    },
    flush: () => message("H"),
    sync: () => message("S"),
    bytes: () => bytes.subarray(0, end),
    sendTo: (connection) => send(connection, bytes.subarray(0, end)),
  };
}

export function send({ stream }: WireConnection, bytes: Uint8Array): void {
  if (stream.writable) stream.write(bytes);
}
