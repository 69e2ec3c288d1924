/** Numbers that a double cannot hold travel as `JSON.rawJSON` objects; to a flow they are numbers. */
export interface RawNumber {
  readonly rawJSON: string;
}

const json = JSON as unknown as { isRawJSON(value: unknown): value is RawNumber };

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}
