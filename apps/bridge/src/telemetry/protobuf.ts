/** Writes protocol buffers (proto3) into memory of its own, message after message. Fields up to 15. */
export interface ProtobufWriter {
  /** Begins the next message; what `bytes` gave before is overwritten. */
  reset(): void;
  /** What was written since. */
  bytes(): Uint8Array;
  /** Begins a message within; what it returns ends it. */
  begin(field: number): number;
  end(begun: number): void;
  text(field: number, value: string): void;
  /** Bytes, of two hexadecimal digits each. */
  hex(field: number, digits: string): void;
  /** A number from 0 to 2^53 - 1, an enumeration, or a boolean. */
  varint(field: number, value: number): void;
  /** A `fixed64` of nanoseconds: no double holds those of today, but one holds the microseconds. */
  nanoseconds(field: number, microseconds: number): void;
  /** Whole fields that were written before. */
  copy(fields: Uint8Array): void;
}

const [VARINT, FIXED64, BYTES] = [0, 1, 2];
const START_BYTES = 64 * 1024;
/** Of the longest varint, with its tag. */
const MOST_OF_NUMBER = 11;
/** The length of a message within, known when it ends: as a varint with room for 256 MB, which readers take as well. */
const LENGTH_BYTES = 4;
const TWO_32 = 2 ** 32;
/** Up to here a loop is quicker than what Node would call for it; and its length takes one byte. */
const SHORT = 64;

export function createProtobufWriter(): ProtobufWriter {
  let buffer = Buffer.allocUnsafe(START_BYTES);
  let at = 0;

  function makeRoom(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }

  function tag(field: number, type: number): void {
    buffer[at] = (field << 3) | type;
    at += 1;
  }

  function number(value: number): void {
    let left = value;
    while (left > 0x7f) {
      buffer[at] = (left % 0x80) | 0x80;
      at += 1;
      left = Math.floor(left / 0x80);
    }
    buffer[at] = left;
    at += 1;
  }

  /** False, and nothing is written, where it is no ASCII. */
  function writeAscii(field: number, value: string): boolean {
    makeRoom(MOST_OF_NUMBER + value.length);
    const begun = at + 2;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[begun + index] = code;
    }
    tag(field, BYTES);
    number(value.length);
    at += value.length;
    return true;
  }

  return {
    reset() {
      at = 0;
    },
    bytes: () => buffer.subarray(0, at),
    begin(field) {
      makeRoom(MOST_OF_NUMBER);
      tag(field, BYTES);
      at += LENGTH_BYTES;
      return at;
    },
    end(begun) {
      let length = at - begun;
      for (let place = begun - LENGTH_BYTES; place < begun - 1; place += 1) {
        buffer[place] = (length & 0x7f) | 0x80;
        length >>>= 7;
      }
      buffer[begun - 1] = length;
    },
    text(field, value) {
      if (value.length <= SHORT && writeAscii(field, value)) return;
      const length = Buffer.byteLength(value);
      makeRoom(MOST_OF_NUMBER + length);
      tag(field, BYTES);
      number(length);
      at += buffer.write(value, at);
    },
    hex(field, digits) {
      makeRoom(MOST_OF_NUMBER + digits.length / 2);
      tag(field, BYTES);
      number(digits.length / 2);
      for (let index = 0; index < digits.length; index += 2) {
        buffer[at] = (digitAt(digits, index) << 4) | digitAt(digits, index + 1);
        at += 1;
      }
    },
    varint(field, value) {
      makeRoom(MOST_OF_NUMBER);
      tag(field, VARINT);
      number(value);
    },
    nanoseconds(field, microseconds) {
      makeRoom(MOST_OF_NUMBER);
      tag(field, FIXED64);
      const low = (microseconds % TWO_32) * 1_000;
      const high = Math.floor(microseconds / TWO_32) * 1_000 + Math.floor(low / TWO_32);
      at = buffer.writeUInt32LE(low % TWO_32, at);
      at = buffer.writeUInt32LE(high % TWO_32, at);
    },
    copy(fields) {
      makeRoom(fields.length);
      buffer.set(fields, at);
      at += fields.length;
    },
  };
}

/** Of a hexadecimal digit in lower case. */
function digitAt(digits: string, index: number): number {
  const code = digits.charCodeAt(index);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** Fields that are written often, once. */
export function fieldsOf(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = createProtobufWriter();
  write(writer);
  return Uint8Array.from(writer.bytes());
}
