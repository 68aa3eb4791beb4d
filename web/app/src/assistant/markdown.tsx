/**
 * What a machine wrote, as it meant it to look. Nobody vouches for these words: of what the parser finds, only what
 * stands in the lists here becomes an element, everything else stays text. No markup of theirs is ever read as HTML,
 * nothing is fetched, and links lead to the web only, saying where.
 */
import MarkdownIt from "markdown-it";
import { Fragment, type ReactNode, memo, useDeferredValue, useMemo } from "react";
import { webAddress } from "../ui/prose";

type Token = ReturnType<typeof parser.parse>[number];

/** Quotes and lists within each other; deeper ones are text. */
const MAX_NESTING = 20;

const parser = new MarkdownIt("default", { html: false, linkify: true, maxNesting: MAX_NESTING });
// Only what begins with its scheme: a machine writes many words that look like the name of a host.
parser.linkify?.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

const BLOCKS: Readonly<Record<string, "p" | "ul" | "ol" | "li" | "blockquote">> = {
  paragraph_open: "p",
  bullet_list_open: "ul",
  ordered_list_open: "ol",
  list_item_open: "li",
  blockquote_open: "blockquote",
};
const TABLE: Readonly<Record<string, "table" | "thead" | "tbody" | "tr" | "th" | "td">> = {
  table_open: "table",
  thead_open: "thead",
  tbody_open: "tbody",
  tr_open: "tr",
  th_open: "th",
  td_open: "td",
};
const MARKS: Readonly<Record<string, "strong" | "em" | "s">> = {
  strong_open: "strong",
  em_open: "em",
  s_open: "s",
};

/** How the parser marks links whose words are their address. */
const PLAIN_LINKS: ReadonlySet<string> = new Set(["linkify", "autolink"]);

export function Markdown({ children }: { children: string }) {
  // While pieces come in, what one does on the page goes first.
  const text = useDeferredValue(children);
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        <Block key={index} {...block} />
      ))}
    </div>
  );
}

interface BlockProps {
  source: string;
  /** Addresses that are named elsewhere in the text: a block that names one may change when they do. */
  references: string;
  tokens: readonly Token[];
}

/** A block that is finished is not drawn again for each word that follows it. */
const Block = memo(
  ({ tokens }: BlockProps) => <>{drawn(tokens)}</>,
  (before, now) => before.source === now.source && before.references === now.references,
);

function blocksOf(text: string): BlockProps[] {
  const environment: Record<string, unknown> = {};
  const tokens = parser.parse(text, environment);
  const references = JSON.stringify(environment["references"] ?? null);
  const lines = text.split("\n");
  const blocks: BlockProps[] = [];
  let from = 0;
  tokens.forEach((token, index) => {
    // Each block of the first level ends where the next one begins.
    if (token.level > 0 || token.nesting === 1) return;
    const [start, end] = tokens[from]?.map ?? [0, lines.length];
    blocks.push({
      source: lines.slice(start, end).join("\n"),
      references,
      tokens: tokens.slice(from, index + 1),
    });
    from = index + 1;
  });
  return blocks;
}

/** Tokens of one level and what they enclose. */
function drawn(tokens: readonly Token[]): ReactNode[] {
  const nodes: ReactNode[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) continue;
    if (token.nesting !== 1) {
      nodes.push(<Fragment key={at}>{leaf(token)}</Fragment>);
      continue;
    }
    const end = endOf(tokens, at);
    nodes.push(<Fragment key={at}>{around(token, drawn(tokens.slice(at + 1, end)))}</Fragment>);
    at = end;
  }
  return nodes;
}

function endOf(tokens: readonly Token[], begin: number): number {
  let depth = 0;
  for (let at = begin; at < tokens.length; at += 1) {
    depth += tokens[at]?.nesting ?? 0;
    if (depth === 0) return at;
  }
  return tokens.length;
}

function around(token: Token, children: ReactNode[]): ReactNode {
  if (token.hidden) return children;
  if (token.type === "link_open") {
    return (
      <WebLink href={String(token.attrGet("href") ?? "")} isPlain={PLAIN_LINKS.has(token.markup)}>
        {children}
      </WebLink>
    );
  }
  // Their headings are not headings of the page.
  if (token.type === "heading_open") {
    return (
      <p className="markdown__heading" dir="auto">
        {children}
      </p>
    );
  }
  const Mark = MARKS[token.type];
  if (Mark) return <Mark>{children}</Mark>;
  const Table = TABLE[token.type];
  if (Table) return <Table>{children}</Table>;
  const Block = BLOCKS[token.type];
  if (Block === "ol") {
    const start = Number(token.attrGet("start") ?? 1);
    return (
      <ol dir="auto" start={start}>
        {children}
      </ol>
    );
  }
  return Block ? <Block dir="auto">{children}</Block> : children;
}

function leaf(token: Token): ReactNode {
  switch (token.type) {
    case "inline":
      return drawn(token.children ?? []);
    case "code_inline":
      return <code dir="ltr">{token.content}</code>;
    case "code_block":
    case "fence":
      return (
        <pre dir="ltr">
          <code>{token.content}</code>
        </pre>
      );
    case "softbreak":
      return "\n";
    case "hardbreak":
      return <br />;
    case "hr":
      return <hr />;
    // Of a picture there is what it says: nothing is fetched from anywhere.
    case "image":
    default:
      return token.content;
  }
}

/** `isPlain`: its words are its address. */
function WebLink({ href, isPlain, children }: { href: string; isPlain: boolean; children: ReactNode }) {
  const address = webAddress(href);
  if (address === null) return <>{children}</>;
  const link = (
    <a href={address} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
  if (isPlain) return link;
  const { host } = new URL(address);
  return (
    <>
      {link} {/* The words of a link may say that it leads elsewhere. */}
      <span className="markdown__host" dir="ltr">
        ({host})
      </span>
    </>
  );
}
