import { useMemo } from "react";
import { type Box, drawnColumns, drawTables, markOf } from "./er-layout.ts";
import type { TableDetail } from "./shapes.ts";

export interface ErPictureProps {
  readonly tables: readonly TableDetail[];
  /** `schema.name` of the table whose lines stand out. */
  readonly chosen: string;
  readonly choose: (key: string) => void;
}

/** Tables as boxes and foreign keys as lines between them: each from the column that refers to the one it means. */
export function ErPicture({ tables, chosen, choose }: ErPictureProps) {
  const { boxes, lines, width, height } = useMemo(() => drawTables(tables), [tables]);
  return (
    <section
      className="database-picture"
      aria-label="The tables and how they refer to each other"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
      tabIndex={0}
    >
      <div className="database-canvas" style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          {lines.map(({ key, from, to, path }) => (
            <path key={key} d={path} data-chosen={from === chosen || to === chosen || undefined} />
          ))}
        </svg>
        {boxes.map((box) => (
          <TableBox
            key={box.key}
            box={box}
            isChosen={box.key === chosen}
            choose={() => choose(box.key)}
          />
        ))}
      </div>
      <ul className="visually-hidden">
        {lines.map(({ key, words }) => (
          <li key={key}>{words}</li>
        ))}
      </ul>
    </section>
  );
}

interface TableBoxProps {
  readonly box: Box;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function TableBox({ box, isChosen, choose }: TableBoxProps) {
  const { table, x, y, hidden } = box;
  return (
    <div className="database-box" data-chosen={isChosen || undefined} style={{ left: x, top: y }}>
      <button type="button" aria-pressed={isChosen} onClick={choose}>
        <span>{table.schema === "public" ? table.name : `${table.schema}.${table.name}`}</span>
        {table.kind !== "table" && <small>{table.kind}</small>}
      </button>
      <ul>
        {drawnColumns(table).map(({ name, type, nullable }) => (
          <li key={name}>
            <span className="database-key">{markOf(table, name)}</span>
            <span className="database-column">{name}</span>
            <span className="database-type" title={nullable ? `${type}, may be null` : type}>
              {type}
              {nullable ? "?" : ""}
            </span>
          </li>
        ))}
        {hidden > 0 && <li className="database-more">and {hidden} more</li>}
      </ul>
    </div>
  );
}
