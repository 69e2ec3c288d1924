import type { ConfigKey } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { CheckField, SearchField } from "../../ui/field.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { groupsOf } from "./groups.ts";
import { Setting } from "./setting.tsx";
import "./settings.css";

/** The effective configuration, and where each value comes from. */
export function Page() {
  const config = useAsk("GET config", {});
  const [{ find = "", own }, setSearch] = useSearchState();
  return (
    <>
      <PageHead
        title="Settings"
        lead="What holds now, and where it was said. Changes go into the file, with a backup beside it, and hold at once where they can."
      />
      <div className="settings-filters">
        <SearchField
          label="Find a setting"
          value={find}
          onChange={(text) => setSearch({ find: text })}
          placeholder="cache, timeout, keys …"
        />
        <CheckField
          label="Only what somebody set"
          checked={own === "yes"}
          onChange={(wanted) => setSearch({ own: wanted ? "yes" : "" })}
        />
      </div>
      <Loaded query={config} skeleton={<SkeletonLines lines={8} height="4rem" />}>
        {({ file, keys }) => {
          const groups = groupsOf(keys, { find, own: own === "yes" });
          return (
            <>
              <p className="settings-file">
                {file === undefined ? (
                  "There is no file yet: the first change makes one."
                ) : (
                  <>
                    File: <code>{file}</code>
                  </>
                )}
              </p>
              {groups.length === 0 && (
                <Empty icon="settings" title="No setting fits">
                  Look for another word, or show those that nobody set.
                </Empty>
              )}
              {groups.map(({ name, keys: within }) => (
                <Card key={name} title={name} note={<Sources keys={within} />}>
                  <div className="settings-list">
                    {within.map((each) => (
                      <Setting key={each.key} setting={each} />
                    ))}
                  </div>
                </Card>
              ))}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Sources({ keys }: { readonly keys: readonly ConfigKey[] }) {
  const set = keys.filter(({ source }) => source !== "default").length;
  return set === 0 ? null : <Badge tone="accent">{`${set} set`}</Badge>;
}
