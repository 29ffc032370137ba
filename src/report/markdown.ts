/** Any text as one that shows as itself in GitHub's Markdown, also in a table cell. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]#|~@]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/\r?\n/g, ' ')
}

/** A text in code font, whatever backticks it holds. */
export function code(text: string): string {
  return `<code>${escapeMarkdown(text)}</code>`
}

/** A link; the address is one that we made or that Astro gave, and is dropped unless it is http(s). */
export function link(label: string, url: string | undefined): string {
  return url !== undefined && /^https?:\/\/[^\s()<>]+$/.test(url)
    ? `[${escapeMarkdown(label)}](${url})`
    : escapeMarkdown(label)
}

/**
 * Two-column tables without a visible head, none at all when every value is undefined; such rows are left out. Values are
 * Markdown already.
 */
export function factTable(rows: readonly (readonly [string, string | undefined])[]): readonly string[] {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined)
  if (shown.length === 0) return []
  return [['| | |', '|---|---|', ...shown.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')]
}
