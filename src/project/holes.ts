import { ActionError } from '../errors.ts'

/** Something that the commit has and the checkout has not. */
export type Hole = {
  /** From the repository's root; of a submodule, its folder. */
  readonly path: string
  readonly kind: HoleKind
}

export type HoleKind =
  'submodule' | 'nested-submodule' | 'unmapped-submodule' | 'sparse' | 'lfs' | 'encrypted' | 'annex' | 'link'

/** Git LFS says that its pointers are shorter than this. */
export const LONGEST_POINTER = 1024
/** How much of a file tells whether something stands in for its content. */
export const HEAD_LENGTH = LONGEST_POINTER

const LFS_VERSION =
  /^version https?:\/\/(?:git-lfs\.github\.com\/spec\/v1|hawser\.github\.com\/spec\/v1|git-media\.io\/v\/2)\r?\n/
const LFS_ID = /^oid sha256:[0-9a-f]{64}\r?$/m
const LFS_SIZE = /^size \d+\r?$/m

/** How an encrypted file begins, as text of one byte a character: git-crypt, openssl (transcrypt), age, PGP. */
const CIPHERTEXT =
  /^(?:\0GITCRYPT\0|Salted__|U2FsdGVkX1|age-encryption\.org\/|-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----)/
/** What git-annex and git-fat leave in place of a file. */
const ANNEXED = /^(?:\/annex\/objects\/|#\$# git-fat )/

/**
 * What stands in the place of a file's content, by how the file begins. Without a filter for the file, ciphertext is what its
 * author wants to ship; only the text of a Git LFS pointer is never anybody's content.
 *
 * @param head the first HEAD_LENGTH bytes
 * @param hasFilter the repository's `.gitattributes` name a filter for the file
 */
export function standsIn(head: Buffer, hasFilter: boolean): HoleKind | undefined {
  const text = head.toString('latin1')
  if (LFS_VERSION.test(text) && LFS_ID.test(text) && LFS_SIZE.test(text)) return 'lfs'
  if (!hasFilter) return undefined
  if (CIPHERTEXT.test(text)) return 'encrypted'
  return ANNEXED.test(text) ? 'annex' : undefined
}

/** A kind of hole in words. */
type KindText = {
  /** What is there in the place of what the commit means. */
  readonly seen: string
  readonly fix: string
}

const TEXTS: Readonly<Record<HoleKind, KindText>> = {
  submodule: {
    seen: 'a submodule that was not fetched',
    fix: 'For submodules, give actions/checkout `submodules: true` (and a `token` or `ssh-key` that may read them).',
  },
  'nested-submodule': {
    seen: 'a submodule of a submodule that was not fetched',
    fix: 'For submodules in submodules, give actions/checkout `submodules: recursive`.',
  },
  'unmapped-submodule': {
    seen: 'a submodule that .gitmodules does not name, so nothing can fetch it',
    fix: 'Where .gitmodules names no such submodule, add it there, or take the entry out of the repository with `git rm --cached`.',
  },
  sparse: {
    seen: 'left out by a sparse checkout',
    fix: 'Take `sparse-checkout` out of actions/checkout, or name there all that is deployed, or deploy only what is there (`deploy-type`).',
  },
  lfs: {
    seen: 'a pointer of Git LFS in place of the file',
    fix: 'For Git LFS, give actions/checkout `lfs: true`, or run `git lfs pull` before this step.',
  },
  encrypted: {
    seen: 'still encrypted, though the repository has a filter that decrypts it',
    fix: 'Decrypt (such as with `git-crypt unlock` or `transcrypt`) in a step between actions/checkout and this one.',
  },
  annex: {
    seen: 'a pointer of git-annex or git-fat in place of the file',
    fix: 'Get the content (`git annex get .`, `git fat pull`) in a step between actions/checkout and this one.',
  },
  link: {
    seen: 'a text file in place of a symbolic link',
    fix: 'For symbolic links on Windows, run `git config --global core.symlinks true` before actions/checkout, or use a runner with Linux.',
  },
}

const LISTED = 10

/** What is missing from what would be shipped, and which line of `actions/checkout` brings it. */
export function checkoutIncomplete(holes: readonly Hole[]): ActionError {
  const lines = holes.map(({ path, kind }) => `${path}: ${TEXTS[kind].seen}`).toSorted()
  const more = lines.length > LISTED ? [`and ${(lines.length - LISTED).toLocaleString('en')} more`] : []
  const kinds = [...new Set(holes.map(({ kind }) => kind))]
  return new ActionError({
    code: 'ASTRO-CHECKOUT-INCOMPLETE',
    problem: 'The checkout lacks a part of what this deploy would ship.',
    observed: [...lines.slice(0, LISTED), ...more].join('\n'),
    likelyCause: 'actions/checkout brings these only when it is told to.',
    fix: kinds.map((kind) => TEXTS[kind].fix).join(' '),
  })
}
