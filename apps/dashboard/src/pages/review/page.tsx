import type { ReviewItem } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Segmented } from "../../ui/segmented.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { ItemDetail } from "./item-detail.tsx";
import { StateBadge } from "./state-badge.tsx";
import "./review.css";

const VIEWS = [
  { value: "waiting", label: "Waiting" },
  { value: "all", label: "All" },
] as const;

type View = (typeof VIEWS)[number]["value"];

export function Page() {
  const [search, setSearch] = useSearchState();
  const view: View = search.view === "all" ? "all" : "waiting";
  const query = view === "waiting" ? { state: "waiting" as const, limit: 100 } : { limit: 100 };
  const page = useAsk("GET review", { query }, { every: 15_000, keeps: true });
  return (
    <>
      <PageHead
        title="Review queue"
        lead="Calls that failed in a way that a person should look at. Approve one to do it, with other arguments where they were wrong."
        actions={
          <Segmented
            label="Which are shown"
            value={view}
            onChange={(chosen) => setSearch({ view: chosen === "all" ? "all" : "", item: "" })}
            choices={VIEWS}
          />
        }
      />
      <Loaded query={page} skeleton={<SkeletonLines lines={4} height="4rem" />}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing view={view} />
          ) : (
            <div className="review-columns">
              <List items={items} chosen={search.item} choose={(item) => setSearch({ item })} />
              <Chosen item={items.find(({ id }) => id === search.item) ?? items[0]} />
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function Nothing({ view }: { readonly view: View }) {
  return (
    <Empty
      icon="review"
      title={view === "waiting" ? "Nothing waits for you" : "Nothing was queued"}
    >
      Calls come here where a fallback of the configuration says <code>review</code>: payments that
      failed halfway, for one. Nothing is done to them until somebody decides.
    </Empty>
  );
}

interface ListProps {
  readonly items: readonly ReviewItem[];
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
}

function List({ items, chosen, choose }: ListProps) {
  const now = useNow(10_000);
  return (
    <ul className="review-list" aria-label="Calls in review">
      {items.map((item, index) => (
        <li key={item.id}>
          <button
            type="button"
            className="review-row"
            aria-current={item.id === chosen || (chosen === undefined && index === 0) || undefined}
            onClick={() => choose(item.id)}
          >
            <span className="review-name">
              {item.server}.<strong>{item.tool}</strong>
            </span>
            <StateBadge state={item.state} />
            <span className="review-why">{item.message || item.error.message}</span>
            <span className="review-when">
              {item.principal}, {ago(item.created_at, now)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Chosen({ item }: { readonly item: ReviewItem | undefined }) {
  if (item === undefined) return null;
  return (
    <Card title={`${item.server}.${item.tool}`} note={<StateBadge state={item.state} />}>
      <ItemDetail key={`${item.id} ${item.state}`} item={item} />
    </Card>
  );
}
