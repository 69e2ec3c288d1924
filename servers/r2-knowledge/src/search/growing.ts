type Numbers =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** The array, or a longer one that begins with it where `least` numbers do not fit. */
export function grown<Array extends Numbers>(array: Array, least: number): Array {
  if (least <= array.length) return array;
  const length = Math.max(least, Math.ceil(array.length * 1.5), 16);
  const longer = new (array.constructor as new (length: number) => Array)(length);
  longer.set(array);
  return longer;
}
