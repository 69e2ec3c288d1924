type Numbers =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Beyond so many numbers, half of it again would be more room than is ever filled. */
const LARGE = 1_000_000;

/** The array, or a longer one that begins with it where `least` numbers do not fit. */
export function grown<Array extends Numbers>(array: Array, least: number): Array {
  if (least <= array.length) return array;
  const more = array.length > LARGE ? array.length / 8 : array.length / 2;
  const length = Math.max(least, array.length + Math.ceil(more), 16);
  const longer = new (array.constructor as new (length: number) => Array)(length);
  longer.set(array);
  return longer;
}
