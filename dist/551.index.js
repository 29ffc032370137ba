export const id = 551;
export const ids = [551];
export const modules = {

/***/ 3551:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runWorker: () => (/* binding */ runWorker)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
// EXTERNAL MODULE: external "node:vm"
var external_node_vm_ = __webpack_require__(714);
// EXTERNAL MODULE: external "node:worker_threads"
var external_node_worker_threads_ = __webpack_require__(5919);
// EXTERNAL MODULE: ./src/errors.ts
var errors = __webpack_require__(3916);
;// CONCATENATED MODULE: ./src/check/outline.ts
/** What decides where a logical line ends: texts, comments, continued lines, brackets and line breaks. */
const PIECE = /"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\r\n]|\\(?:\r\n|[^]))*"|'(?:[^'\\\r\n]|\\(?:\r\n|[^]))*'|#[^\r\n]*|\\(?:\r\n?|\n)|[()[\]{}]|\r\n?|\n/g;
/** Compound statements whose body may not run when the file is loaded. */
const BLOCK = /^(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|match)\b/;
/**
 * A file that has no syntax error, without the bodies of functions, classes and conditions: most of it, which would only be
 * thrown away after it was cut into tokens. Every line stays where it is.
 */
function outline(source) {
    const kept = [];
    let leftOut;
    for (const [start, end] of logicalLines(source)) {
        const line = source.slice(start, end);
        const code = line.trimStart();
        const indent = widthOf(line.slice(0, line.length - code.length));
        const isBlank = code === '' || code.startsWith('#');
        if (!isBlank && leftOut !== undefined && indent <= leftOut)
            leftOut = undefined;
        const isLeftOut = isBlank || leftOut !== undefined;
        kept.push(isLeftOut ? line.replaceAll(/[^\r\n]+/g, '') : line);
        if (!isLeftOut && BLOCK.test(code))
            leftOut = indent;
    }
    return kept.join('');
}
function* logicalLines(source) {
    let start = 0;
    let depth = 0;
    for (const { 0: piece, index } of source.matchAll(PIECE)) {
        if ('([{'.includes(piece))
            depth++;
        else if (')]}'.includes(piece))
            depth--;
        else if (depth <= 0 && /^[\r\n]/.test(piece)) {
            yield [start, index + piece.length];
            start = index + piece.length;
        }
    }
    if (start < source.length)
        yield [start, source.length];
}
/** As Python counts: a tab goes to the next multiple of eight. */
function widthOf(space) {
    let width = 0;
    for (const character of space)
        width = character === '\t' ? width + 8 - (width % 8) : width + 1;
    return width;
}

;// CONCATENATED MODULE: ./src/check/statements.ts
const TOKEN = /^\s+(\w+) (\d+)\.\.(\d+)/gm;
const OPENING = new Set(['Lpar', 'Lsqb', 'Lbrace']);
const CLOSING = new Set(['Rpar', 'Rsqb', 'Rbrace']);
const COMPOUND = new Set([
    'If',
    'Elif',
    'Else',
    'For',
    'While',
    'Try',
    'Except',
    'Finally',
    'With',
    'Def',
    'Class',
]);
/** The statements of a file that has no syntax error, from the list of its tokens as the linter writes it. */
function readStatements(source, tokenList) {
    const statements = [];
    const blocks = [];
    let head;
    let inline = [];
    let tokens = [];
    let depth = 0;
    const end = () => {
        if (tokens.length > 0)
            statements.push({ tokens, within: [...blocks, ...inline] });
        tokens = [];
    };
    for (const token of readTokens(source, tokenList)) {
        const { kind } = token;
        if (kind === 'Indent')
            blocks.push(head ?? '');
        else if (kind === 'Dedent')
            blocks.pop();
        else if (kind === 'Newline') {
            end();
            inline = [];
        }
        else if (kind === 'Semi' && depth === 0)
            end();
        else if (kind === 'Colon' && depth === 0 && isHead(tokens)) {
            head = keywordOf(tokens);
            end();
            inline = [...inline, head];
        }
        else {
            if (OPENING.has(kind))
                depth++;
            if (CLOSING.has(kind))
                depth--;
            tokens.push(token);
        }
    }
    end();
    return statements;
}
const keywordOf = (tokens) => {
    const [first, second] = tokens;
    return (first?.kind === 'Async' ? second?.kind : first?.kind) ?? '';
};
/** A colon also stands behind `lambda` and in annotations. */
function isHead(tokens) {
    const keyword = keywordOf(tokens);
    if (keyword === 'Match' || keyword === 'Case')
        return true;
    if (!COMPOUND.has(keyword))
        return false;
    const open = tokens.filter(({ kind }) => kind === 'Lambda').length;
    if (open === 0)
        return true;
    let depth = 0;
    let lambdas = 0;
    for (const { kind } of tokens) {
        if (OPENING.has(kind))
            depth++;
        else if (CLOSING.has(kind))
            depth--;
        else if (depth === 0 && kind === 'Lambda')
            lambdas++;
        else if (depth === 0 && kind === 'Colon')
            lambdas--;
    }
    return lambdas <= 0;
}
/** The bracket that is still open at the end of a file that ends too early. */
function neverClosed(source, tokenList) {
    const open = [];
    for (const token of readTokens(source, tokenList)) {
        if (OPENING.has(token.kind))
            open.push(token);
        if (CLOSING.has(token.kind))
            open.pop();
    }
    return open.at(-1);
}
const UNIMPORTANT = new Set(['Comment', 'NonLogicalNewline', 'EndOfFile']);
/** Positions in the list are of bytes in UTF-8. */
function* readTokens(source, tokenList) {
    const bytes = Buffer.from(source);
    const slice = bytes.length === source.length
        ? (from, to) => source.slice(from, to)
        : (from, to) => bytes.toString('utf8', from, to);
    let line = 1;
    let counted = 0;
    for (const [, kind = '', from = '', to = ''] of tokenList.matchAll(TOKEN)) {
        if (UNIMPORTANT.has(kind))
            continue;
        const start = Number(from);
        for (; counted < start; counted++)
            if (bytes[counted] === 10 || (bytes[counted] === 13 && bytes[counted + 1] !== 10))
                line++;
        yield { kind, text: slice(start, Number(to)), line };
    }
}

;// CONCATENATED MODULE: ./src/check/facts.ts


/** What Airflow's "safe mode" asks of a file before it looks for DAGs in it. */
function isReadByAirflow(source) {
    return /dag/i.test(source) && /airflow/i.test(source);
}
/**
 * Reads what a file says at its top level. What stands under a condition, in a function or in a `try` may not run, or is
 * prepared to fail: nothing is said of it. The body of a `with` (such as that of a DAG) runs.
 */
function readFacts(source, tokensOf) {
    const changesPath = /sys\.path|PYTHONPATH|addsitedir|\bfrom sys import\b/.test(source);
    const outer = outline(source);
    const statements = /\b(?:import|DAG|dag)\b/.test(outer)
        ? readStatements(outer, tokensOf(outer)).filter(({ within }) => within.every((head) => head === 'With'))
        : [];
    const imports = statements.flatMap(({ tokens }) => readImport(tokens));
    return { imports, changesPath, ...readDags(statements, imports) };
}
function readImport(tokens) {
    const [first] = tokens;
    if (first?.kind === 'Import')
        return splitAtCommas(tokens.slice(1)).map((part) => readModule(first.line, part));
    if (first?.kind !== 'From')
        return [];
    const at = tokens.findIndex(({ kind }) => kind === 'Import');
    const path = tokens.slice(1, at);
    const listed = tokens.slice(at + 1).filter(({ kind }) => kind !== 'Lpar' && kind !== 'Rpar');
    return [
        {
            line: first.line,
            level: path.filter(isDots).reduce((sum, { text }) => sum + text.length, 0) - joiningDots(path),
            module: moduleOf(path),
            names: splitAtCommas(listed).map(readName),
            alias: undefined,
        },
    ];
}
const isDots = ({ kind }) => kind === 'Dot' || kind === 'Ellipsis';
/** Dots between the parts of a module's name, which are not those in front of it. */
function joiningDots(path) {
    const first = path.findIndex((token) => !isDots(token));
    return first === -1 ? 0 : path.slice(first).filter(isDots).length;
}
function moduleOf(path) {
    const first = path.findIndex((token) => !isDots(token));
    return first === -1
        ? ''
        : path
            .slice(first)
            .map(({ text }) => text)
            .join('');
}
function readModule(line, part) {
    const as = part.findIndex(({ kind }) => kind === 'As');
    const path = as === -1 ? part : part.slice(0, as);
    return {
        line,
        level: 0,
        module: moduleOf(path),
        names: undefined,
        alias: as === -1 ? undefined : part.at(-1)?.text,
    };
}
function readName(part) {
    return { name: part[0]?.text ?? '', alias: part.length > 1 ? part.at(-1)?.text : undefined };
}
function splitAtCommas(tokens) {
    const parts = [[]];
    for (const token of tokens) {
        if (token.kind === 'Comma')
            parts.push([]);
        else
            parts.at(-1)?.push(token);
    }
    return parts.filter((part) => part.length > 0);
}
/** DAGs that are made at the top level: by a call of Airflow's `DAG`, or of a function that its `dag` decorates. */
function readDags(statements, imports) {
    const fromAirflow = imports.filter(({ module }) => module === 'airflow' || module.startsWith('airflow.'));
    const namesOf = (wanted) => new Set(fromAirflow.flatMap(({ names }) => (names ?? []).filter(({ name }) => name === wanted).map(({ name, alias }) => alias ?? name)));
    const [classes, decorators] = [namesOf('DAG'), namesOf('dag')];
    const dags = [];
    let firstDagLine;
    const found = (line, id) => {
        firstDagLine ??= line;
        if (id !== undefined)
            dags.push({ id, line });
    };
    const decorated = new Map();
    let pending;
    for (const { tokens } of statements) {
        const [first, second, third] = tokens;
        if (first?.kind === 'At') {
            if (second && decorators.has(second.text) && (third === undefined || third.kind === 'Lpar')) {
                pending = { id: third ? literalId(tokens, 2) : null, line: second.line };
            }
            continue;
        }
        if (first?.kind === 'Def' && pending) {
            const name = second?.text ?? '';
            decorated.set(name, { id: pending.id === null ? name : pending.id, line: pending.line });
        }
        pending = undefined;
        if (first?.kind === 'Def' || first?.kind === 'Class' || first?.kind === 'Lambda')
            continue;
        tokens.forEach(({ kind, text, line }, at) => {
            const before = tokens[at - 1]?.kind;
            if (kind !== 'Identifier' || tokens[at + 1]?.kind !== 'Lpar' || before === 'Dot')
                return;
            if (classes.has(text))
                found(line, literalId(tokens, at + 1) ?? undefined);
            const made = decorated.get(text);
            if (made)
                found(made.line, made.id);
        });
    }
    return { dags, firstDagLine };
}
/**
 * The ID in the arguments of a call whose parenthesis is at a place: null when none is given (a decorated function's name is
 * the ID then), undefined when it is no plain text.
 */
function literalId(tokens, open) {
    const args = argumentsFrom(tokens, open);
    const named = args.find(([name, equal]) => name?.text === 'dag_id' && equal?.kind === 'Equal');
    if (named)
        return plainText(named.slice(2));
    const [first] = args;
    if (!first || first[1]?.kind === 'Equal')
        return args.some(([head]) => head?.kind === 'DoubleStar') ? undefined : null;
    return plainText(first);
}
function argumentsFrom(tokens, open) {
    const args = [[]];
    let depth = 0;
    for (const token of tokens.slice(open)) {
        if (/^(?:Lpar|Lsqb|Lbrace)$/.test(token.kind) && depth++ === 0)
            continue;
        if (/^(?:Rpar|Rsqb|Rbrace)$/.test(token.kind) && --depth === 0)
            break;
        if (token.kind === 'Comma' && depth === 1)
            args.push([]);
        else
            args.at(-1)?.push(token);
    }
    return args.filter((one) => one.length > 0);
}
function plainText(argument) {
    const [only, more] = argument;
    if (only?.kind !== 'String' || more)
        return undefined;
    const [, , text] = /^[rRuU]?(["'])((?:(?!\1)[^\\\n])+)\1$/.exec(only.text) ?? [];
    return text;
}

;// CONCATENATED MODULE: ./src/check/rare-syntax.ts

/** Python's own limits. */
const MOST_OPEN = 200;
const MOST_DIGITS = 4300;
/**
 * What Python rejects and the linter lets pass. Only for a file that it found nothing wrong with, and only where a first look
 * says that there may be something.
 */
function findRareSyntax(source, tokensOf) {
    const mayBe = source.includes('__debug__') ||
        /^\s*\*/m.test(source) ||
        /\d[\d_]{4299}/.test(source) ||
        deepest(source) > MOST_OPEN;
    if (!mayBe)
        return [];
    return readStatements(source, tokensOf(source)).flatMap(({ tokens }) => [
        ...loneStar(tokens),
        ...tokens.flatMap((token, at) => rareToken(token, tokens[at + 1])),
        ...tooDeep(tokens),
    ]);
}
function rareToken(token, next) {
    if (token.kind === 'Identifier' && token.text === '__debug__' && next?.kind === 'Equal') {
        return [at(token, 'cannot assign to `__debug__`')];
    }
    const isLong = token.kind === 'Int' && /^[1-9]/.test(token.text) && token.text.replaceAll('_', '').length > MOST_DIGITS;
    return isLong ? [at(token, `An integer has at most ${MOST_DIGITS} digits`)] : [];
}
/** `*(a)` as a statement: neither an assignment nor a tuple. */
function loneStar(tokens) {
    const [first] = tokens;
    if (first?.kind !== 'Star')
        return [];
    const depths = depthsOf(tokens);
    const stands = tokens.some(({ kind }, index) => depths[index] === 0 && /^(?:Comma|Equal)$/.test(kind));
    return stands ? [] : [at(first, "can't use starred expression here")];
}
function tooDeep(tokens) {
    const index = depthsOf(tokens).findIndex((depth) => depth > MOST_OPEN);
    const token = tokens[index];
    return token ? [at(token, 'too many nested parentheses')] : [];
}
/** How many brackets are open at each token, itself included. */
function depthsOf(tokens) {
    let depth = 0;
    return tokens.map(({ kind }) => {
        if (/^(?:Lpar|Lsqb|Lbrace)$/.test(kind))
            return ++depth;
        return /^(?:Rpar|Rsqb|Rbrace)$/.test(kind) ? depth-- : depth;
    });
}
/** The most brackets that are open anywhere, those in texts and comments included. */
function deepest(source) {
    let [depth, most] = [0, 0];
    for (const bracket of source.matchAll(/[()[\]{}]/g)) {
        if ('([{'.includes(bracket[0]))
            most = Math.max(most, ++depth);
        else if (depth > 0)
            depth--;
    }
    return most;
}
function at({ line }, message) {
    return { code: 'invalid-syntax', message, help: undefined, line, column: 1 };
}

;// CONCATENATED MODULE: ./src/check/source.ts
const COOKIE = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;
const BLANK = /^[ \t\f]*(?:#.*)?$/;
const UTF_8 = /^utf-?8(?:-sig|$|-)/;
const LATIN_1 = /^(?:latin-?1|iso-?8859-1|iso-latin-1|l1|8859|cp819)$/;
/** Reads bytes as Python does: UTF-8, unless a comment in the first two lines names another encoding (PEP 263). */
function decodeSource(bytes) {
    const cookie = readCookie(bytes);
    if (cookie === undefined || UTF_8.test(cookie))
        return decodeUtf8(bytes);
    if (LATIN_1.test(cookie))
        return { is: 'text', text: bytes.toString('latin1') };
    try {
        return { is: 'text', text: new TextDecoder(cookie, { fatal: true }).decode(bytes) };
    }
    catch {
        return { is: 'unknown', why: `its encoding is ${cookie}, which is not known here` };
    }
}
function readCookie(bytes) {
    const [first = '', second = ''] = bytes
        .toString('latin1', 0, 1024)
        .replace(/^\xef\xbb\xbf/, '')
        .split(/\r\n|\r|\n/);
    const found = COOKIE.exec(first) ?? (BLANK.test(first) ? COOKIE.exec(second) : null);
    return found?.[1]?.toLowerCase().replaceAll('_', '-');
}
function decodeUtf8(bytes) {
    try {
        return { is: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
    }
    catch {
        const good = validPrefix(bytes);
        return {
            is: 'not-python',
            problem: `byte 0x${(bytes[good] ?? 0).toString(16)} is not UTF-8, and no \`# -*- coding: … -*-\` in the first two lines names another encoding`,
            line: bytes.toString('latin1', 0, good).split(/\r\n|\r|\n/).length,
        };
    }
}
const REPLACEMENT = Buffer.from('\ufffd');
/** How many bytes come before the first one that is not UTF-8. */
function validPrefix(bytes) {
    const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    let from = 0;
    let lengthSoFar = 0;
    for (let at = decoded.indexOf('\ufffd'); at !== -1; at = decoded.indexOf('\ufffd', at + 1)) {
        const before = Buffer.byteLength(decoded.slice(from, at));
        const offset = lengthSoFar + before;
        if (!bytes.subarray(offset, offset + 3).equals(REPLACEMENT))
            return offset;
        lengthSoFar = offset + 3;
        from = at + 1;
    }
    return bytes.length;
}

;// CONCATENATED MODULE: ./src/check/worker.ts









/** A linter of a megabyte of source needs tens of megabytes; a DAG file has some kilobytes. */
const LARGEST_BYTES = 1024 * 1024;
/** What is made of a file's tokens takes a hundred times the file's size for a moment. */
const LARGEST_FACTS = 128 * 1024;
const FILES_A_MESSAGE = 64;
/** Reported whatever the user's comments say: Python does not import such a file. */
const SYNTAX_RULES = [
    'F404',
    'F406',
    'F407',
    'F621',
    'F622',
    'F701',
    'F702',
    'F704',
    'F706',
    'F707',
    'PLE0115',
    'PLE0117',
    'PLE0118',
    'PLE1142',
    'PLE1700',
];
const WARNING_RULES = ['AIR301', 'AIR302', 'AIR303', 'F821'];
/** The oldest Python of an Astro Runtime. What came later is told with its version, so that the target can decide. */
const OLDEST_PYTHON = 'py39';
const SYNTAX = 'invalid-syntax';
/** Of what some Python takes. */
const LATER = 'syntax was added in';
const isSyntax = ({ code }) => code === SYNTAX || SYNTAX_RULES.includes(code);
/** The whole life of the thread: reads the files that it was given, says what is in them, and ends. */
async function runWorker() {
    const port = external_node_worker_threads_.parentPort;
    if (!port)
        return;
    const { files, at } = external_node_worker_threads_.workerData;
    const current = new Int32Array(at);
    let results = [];
    const say = (state) => {
        port.postMessage({ results, state });
        results = [];
    };
    const linter = await loadLinter();
    for (const [index, file] of files.entries()) {
        Atomics.store(current, 0, index);
        try {
            results.push(readOne(linter, file));
        }
        catch (error) {
            // What it left behind in its memory cannot be trusted.
            results.push({
                is: 'skipped',
                path: file.path,
                why: `the linter gave up on it (${(0,errors/* describeError */.Uc)(error)})`,
            });
            say('broken');
            return;
        }
        if (results.length >= FILES_A_MESSAGE)
            say('goes-on');
    }
    say('done');
}
/** What was read to be compiled has 10 MB, and would stay until V8 sees a need. */
function collectGarbage() {
    (0,external_node_v8_.setFlagsFromString)('--expose-gc');
    const collect = (0,external_node_vm_.runInNewContext)('gc');
    if (typeof collect === 'function')
        collect();
}
/**
 * The optimizing compiler for WebAssembly would take 300 MB for this module, and be done when the files are. One flag implies
 * the others only where Node's command line has it.
 */
const WITHOUT_OPTIMIZING = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
async function loadLinter() {
    for (const flag of WITHOUT_OPTIMIZING)
        (0,external_node_v8_.setFlagsFromString)(flag);
    const { Workspace, PositionEncoding } = await __webpack_require__.e(/* import() */ 688).then(__webpack_require__.t.bind(__webpack_require__, 7688, 19));
    collectGarbage();
    const options = {
        'target-version': OLDEST_PYTHON,
        preview: false,
        lint: { select: [...SYNTAX_RULES, ...WARNING_RULES] },
    };
    return new Workspace(options, PositionEncoding.Utf16);
}
function readOne(linter, { path, absolutePath }) {
    let bytes;
    try {
        bytes = readSmall(absolutePath);
    }
    catch (error) {
        return { is: 'skipped', path, why: `it cannot be read (${(0,errors/* describeError */.Uc)(error)})` };
    }
    if (typeof bytes === 'number') {
        return {
            is: 'skipped',
            path,
            why: `it has ${(bytes / 1024 / 1024).toFixed(1)} MB, and more than 1 MB is not read`,
        };
    }
    const source = decodeSource(bytes);
    if (source.is === 'unknown')
        return { is: 'skipped', path, why: source.why };
    if (source.is === 'not-python')
        return notPython(path, source.problem, source.line);
    const { text } = source;
    const nullAt = text.indexOf('\0');
    if (nullAt !== -1)
        return notPython(path, NULL_BYTE, text.slice(0, nullAt).split(/\r\n|\r|\n/).length);
    const said = lint(linter, text).map((one) => atItsCause(one, text, linter));
    const isBroken = said.some(({ code, message }) => code === SYNTAX && !message.includes(LATER));
    const isRead = isReadByAirflow(text);
    const facts = isBroken || text.length > LARGEST_FACTS ? undefined : readFacts(text, (of) => linter.tokens(of));
    const rare = isBroken || text.length > LARGEST_FACTS ? [] : findRareSyntax(text, (of) => linter.tokens(of));
    return { is: 'read', path, diagnostics: [...rare, ...said], isRead, facts };
}
/** Of a file that ends too early, the end is where everybody looks last. */
function atItsCause(diagnostic, text, linter) {
    if (!diagnostic.message.startsWith('unexpected EOF'))
        return diagnostic;
    const open = text.length > LARGEST_FACTS ? undefined : neverClosed(text, linter.tokens(text));
    if (open)
        return { ...diagnostic, message: `\`${open.text}\` was never closed`, line: open.line, column: 1 };
    const lines = text.trimEnd().split(/\r\n|\r|\n/).length;
    return diagnostic.line > lines ? { ...diagnostic, line: lines, column: 1 } : diagnostic;
}
const NULL_BYTE = 'The file has a null byte, which Python does not take';
function notPython(path, message, line) {
    const diagnostic = { code: SYNTAX, message, help: undefined, line, column: 1 };
    return { is: 'read', path, diagnostics: [diagnostic], isRead: true, facts: undefined };
}
/** The bytes of a file, or how many there are when they are too many. */
function readSmall(file) {
    const handle = (0,external_node_fs_.openSync)(file, 'r');
    try {
        const { size } = (0,external_node_fs_.fstatSync)(handle);
        if (size > LARGEST_BYTES)
            return size;
        const bytes = Buffer.alloc(size);
        return bytes.subarray(0, (0,external_node_fs_.readSync)(handle, bytes, 0, size, 0));
    }
    finally {
        (0,external_node_fs_.closeSync)(handle);
    }
}
const MOST_A_FILE = 100;
function lint(linter, text) {
    const found = diagnose(linter, text);
    // A comment may silence what is advice, never that Python rejects the file.
    const disarmed = text.replace(/noqa|ruff|flake8/gi, (word) => 'x'.repeat(word.length));
    const all = disarmed === text
        ? found
        : [...diagnose(linter, disarmed).filter(isSyntax), ...found.filter((one) => !isSyntax(one))];
    return all.map((one) => (isSyntax(one) ? { ...one, code: SYNTAX } : one)).slice(0, MOST_A_FILE);
}
function diagnose(linter, text) {
    return linter.check(text).map((raw) => ({
        code: raw.code ?? SYNTAX,
        message: raw.message.replaceAll(/[^\P{C}\u200d]/gu, (odd) => `\\u${(odd.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`),
        help: raw.subDiagnostics[0]?.message,
        line: raw.start_location.row,
        column: raw.start_location.column,
    }));
}


/***/ }),

/***/ 3916:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   KG: () => (/* binding */ asSentence),
/* harmony export */   P2: () => (/* binding */ LONGEST_SAID),
/* harmony export */   Uc: () => (/* binding */ describeError),
/* harmony export */   XT: () => (/* binding */ listSome),
/* harmony export */   _p: () => (/* binding */ quoteSaid),
/* harmony export */   hD: () => (/* binding */ quote),
/* harmony export */   lZ: () => (/* binding */ ActionError),
/* harmony export */   z6: () => (/* binding */ asActionError)
/* harmony export */ });
/** A failure that a user can act on. Its message is the four parts in one paragraph each. */
class ActionError extends Error {
    name = 'ActionError';
    code;
    problem;
    observed;
    likelyCause;
    fix;
    constructor(parts) {
        super([parts.problem, parts.observed, parts.likelyCause, parts.fix].filter(Boolean).join('\n'), parts.cause === undefined ? undefined : { cause: parts.cause });
        this.code = parts.code;
        this.problem = parts.problem;
        this.observed = parts.observed;
        this.likelyCause = parts.likelyCause;
        this.fix = parts.fix;
    }
}
/** Any thrown value as an ActionError, so that every failure reaches the user in the same form. */
function asActionError(thrown) {
    if (thrown instanceof ActionError)
        return thrown;
    return new ActionError({
        code: 'ASTRO-UNEXPECTED',
        problem: 'The action met an error it does not know.',
        observed: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
        fix: 'Run the workflow again with step debug logging on, and open an issue with the log.',
        cause: thrown,
    });
}
const LONGEST_QUOTE = 100;
/** Characters of a server's words that a message may hold. */
const LONGEST_SAID = 4_000;
/**
 * A value in quotes for a message, or how long it is when it would drown the message. Never a part of it: a secret that was
 * cut is one that neither redaction nor the runner's mask knows.
 */
function quote(text) {
    return text.length <= LONGEST_QUOTE ? `"${text}"` : `a value of ${text.length} characters`;
}
/** What a server said, in quotes, or how long it is when it would drown the message; never a part of it either. */
function quoteSaid(text) {
    return text.length <= LONGEST_SAID ? `"${text}"` : `a message of ${text.length} characters`;
}
/** The first few of a list that may be long, and how many more there are. */
function listSome(items, most, between = ', ') {
    const rest = items.length - most;
    const shown = items.slice(0, most).join(between);
    return rest > 0 ? `${shown} and ${rest.toLocaleString('en')} more` : shown;
}
/** A text from elsewhere as a sentence of ours: it ends in one full stop, or as it did. */
function asSentence(text) {
    const trimmed = text.trim();
    return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
/** A short text for a thrown value, for use inside `observed`. */
function describeError(thrown) {
    const members = membersOf(thrown);
    if (members.length > 0)
        return [...new Set(members.map(describeError))].join('; ');
    if (!(thrown instanceof Error))
        return String(thrown);
    const text = thrown.message || thrown.name;
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
    return text.includes(code) ? text : `${text} (${code})`;
}
/** Of an AggregateError, which has no message of its own: what became of each address of a host, say. */
function membersOf(thrown) {
    const { errors } = (thrown ?? {});
    return Array.isArray(errors) ? errors : [];
}


/***/ })

};
