import { count } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { markOf } from "./er-layout.ts";
import type { TableDetail } from "./shapes.ts";

/** All of one table: what the picture has no room for. */
export function TableFacts({
  table,
  close,
}: {
  readonly table: TableDetail;
  readonly close: () => void;
}) {
  const { schema, name, kind, columns, estimatedRows, comment } = table;
  const { referencedBy = [], indexes = [], constraints = [] } = table;
  const select = `select * from ${quoted(schema)}.${quoted(name)}`;
  return (
    <Card
      title={`${schema}.${name}`}
      note={kind}
      actions={
        <Button look="quiet" size="s" icon="close" iconOnly onClick={close}>
          Close
        </Button>
      }
    >
      <div className="database-facts">
        {comment && <p>{comment}</p>}
        {(estimatedRows !== undefined || referencedBy.length > 0) && (
          <Facts
            facts={[
              ["Rows", estimatedRows === undefined ? undefined : `about ${count(estimatedRows)}`],
              ["Referred to by", referencedBy.map((by) => `${by.schema}.${by.table}`).join(", ")],
            ]}
          />
        )}
        <ul className="database-columns">
          {columns.map((column) => (
            <li key={column.name}>
              <strong>{column.name}</strong> <code>{column.type}</code>{" "}
              {[markOf(table, column.name), column.nullable ? "" : "not null"]
                .filter(Boolean)
                .join(" ")}
              {column.default && (
                <small>
                  default <code>{column.default}</code>
                </small>
              )}
              {column.comment && <small>{column.comment}</small>}
            </li>
          ))}
        </ul>
        {indexes.length + constraints.length > 0 && (
          <Code label="Indexes and constraints" wrap>
            {[...constraints, ...indexes.map(({ definition }) => definition)].join("\n")}
          </Code>
        )}
        <Link to={`/database?tab=query&sql=${encodeURIComponent(select)}`}>See its rows</Link>
      </div>
    </Card>
  );
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
