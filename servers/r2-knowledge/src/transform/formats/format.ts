import type { Row } from "../paths.ts";

/** One form that records come in and go out in. */
export interface Format {
  /** Throws `invalid_input` naming the line or the row. */
  parse(text: AsyncIterable<string>): AsyncIterable<Row>;
  /** In pieces of text. */
  write(rows: AsyncIterable<Row>): AsyncIterable<string>;
}
