import { useDeferredValue } from "react";
import { useEach, useTool } from "../../api/tools.ts";
import { count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SearchField, SelectField } from "../../ui/field.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { ErPicture } from "./er-picture.tsx";
import { fitting, schemasOf } from "./fitting.ts";
import type { TableDetail, TableEntry, TableList } from "./shapes.ts";
import { TableFacts } from "./table-facts.tsx";

/** So many tables make a picture; of more one is to be chosen. */
const MOST_DRAWN = 40;
const MOST_LISTED = 1_000;

/** The tables as a picture: of one schema, of what fits words, of all where they are few. */
export function Schema({ server }: { readonly server: string }) {
  const tables = useTool<TableList>(server, "list_tables", {
    detail: "columns",
    limit: MOST_LISTED,
  });
  const [, setSearch] = useSearchState();
  return (
    <Loaded query={tables} skeleton={<SkeletonLines lines={10} />}>
      {({ tables: all, hint }) =>
        all.length === 0 ? (
          <Empty
            icon="database"
            title="No tables yet"
            action={<Button onClick={() => setSearch({ tab: "query" })}>Write a statement</Button>}
          >
            {hint ?? "CREATE TABLE makes one, where the mode of the server lets it."}
          </Empty>
        ) : (
          <Chosen server={server} all={all} />
        )
      }
    </Loaded>
  );
}

interface ChosenProps {
  readonly server: string;
  readonly all: readonly TableEntry[];
}

function Chosen({ server, all }: ChosenProps) {
  const [search, setSearch] = useSearchState();
  const { schema = "", find = "" } = search;
  const found = fitting(all, { schema, find: useDeferredValue(find) });
  const drawn = found.slice(0, MOST_DRAWN);
  return (
    <>
      <search className="database-ask">
        <SearchField
          label="Search tables and columns"
          value={find}
          onChange={(words) => setSearch({ find: words })}
        />
        <SelectField
          label="Schema"
          hidesLabel
          value={schema}
          choices={[{ value: "", label: "All schemas" }, ...schemasOf(all)]}
          onChange={(chosen) => setSearch({ schema: chosen })}
        />
        <p className="database-count" role="status">
          {found.length > drawn.length
            ? `${count(drawn.length)} of ${count(found.length)} tables; search for the others`
            : `${count(found.length)} of ${count(all.length)} tables`}
        </p>
      </search>
      {drawn.length === 0 ? (
        <Empty icon="search" title="No table fits">
          Try fewer letters, or another schema.
        </Empty>
      ) : (
        <Drawn key={server} server={server} entries={drawn} />
      )}
    </>
  );
}

function Drawn({
  server,
  entries,
}: {
  readonly server: string;
  readonly entries: readonly TableEntry[];
}) {
  const [search, setSearch] = useSearchState();
  const each = entries.map(({ schema, name }) => ({ schema, table: name }));
  const details = useEach<TableDetail>(server, "describe_table", each, { keeps: true });
  const shown = search.table ?? "";
  return (
    <Loaded query={details} skeleton={<SkeletonLines lines={10} />}>
      {(answers) => {
        const tables = answers.flatMap((each) => ("value" in each ? [each.value] : []));
        const failed = answers.length - tables.length;
        const chosen = tables.find(({ schema, name }) => `${schema}.${name}` === shown);
        return (
          <div className="database-schema" data-open={chosen ? true : undefined}>
            <Card flush>
              {failed > 0 && (
                <p className="database-problem">{count(failed)} tables could not be described.</p>
              )}
              <ErPicture
                tables={tables}
                chosen={shown}
                choose={(key) => setSearch({ table: key === shown ? "" : key })}
              />
            </Card>
            {chosen && <TableFacts table={chosen} close={() => setSearch({ table: "" })} />}
          </div>
        );
      }}
    </Loaded>
  );
}
