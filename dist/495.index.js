export const id = 495;
export const ids = [495];
export const modules = {

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


/***/ }),

/***/ 2179:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   n: () => (/* binding */ readDockerfile),
/* harmony export */   w: () => (/* binding */ ignoreFileFor)
/* harmony export */ });
const ASTRONOMER = /^(?:quay\.io\/astronomer\/|astrocrpublic\.azurecr\.io\/)/;
/** Reads the FROM lines of a Dockerfile. */
function readDockerfile(text) {
    const froms = text
        .split(/\r?\n/)
        .map((line) => /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line))
        .filter((match) => match !== null)
        .map(([line, base = '', stage]) => ({ line: line.trim(), base, stage: stage?.toLowerCase() }));
    let last = froms.at(-1);
    for (let hops = froms.length; last && hops > 0; hops--) {
        const base = last.base.toLowerCase();
        const stage = froms.find((from) => from.stage === base && from !== last);
        if (!stage)
            break;
        last = stage;
    }
    return { from: last?.line, pull: froms.length > 0 && froms.every(({ base }) => ASTRONOMER.test(base)) };
}
/**
 * The ignore file for a build: the project's own, with the DAG folder left out of the image when Astro gets the DAGs
 * apart from it, and never left out when the image has to bring them (section 3.7 of the control plane's contract).
 */
function ignoreFileFor(own, dagsPath, dagsInImage) {
    const lines = (own ?? '').split(/\r?\n/);
    const kept = dagsInImage ? lines.filter((line) => !namesFolder(line, dagsPath)) : lines;
    const text = kept.join('\n').replace(/\n*$/, '\n');
    return dagsInImage ? text : `${text}${asPattern(dagsPath)}/\n`.replace(/^\n+/, '');
}
/**
 * The pattern that matches this very path. Besides `*`, `?`, `[` and `\\`, Docker hands other characters on to its regular
 * expressions, in some versions without escaping them; a line break has no escape.
 */
function asPattern(path) {
    return path
        .replace(/[*?[\]\\+(){}|^$]/g, '\\$&')
        .replace(/^[#! ]/, '\\$&')
        .replace(/[\r\n]/g, '?');
}
function namesFolder(line, folder) {
    return (line
        .trim()
        .replace(/^(?:\.?\/)+/, '')
        .replace(/\/(?:\*\*)?$/, '') === folder);
}


/***/ }),

/***/ 6119:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Df: () => (/* binding */ OLDEST_BEFORE_AIRFLOW_3),
/* harmony export */   Ri: () => (/* binding */ airflowMajorOf),
/* harmony export */   fJ: () => (/* binding */ isSameRuntime),
/* harmony export */   tW: () => (/* binding */ findRuntimeProblem)
/* harmony export */ });
/* unused harmony export compareRuntimes */
const NEW = /^v?(\d+)\.(\d+)-(\d+)(?:[-.](.+))?$/;
const OLD = /^v?(\d+)\.(\d+)\.(\d+)(?:-([^+]+))?(?:\+.*)?$/;
function readVersion(text) {
    const isNew = NEW.test(text);
    const [, a, b, c, pre = ''] = (isNew ? NEW : OLD).exec(text) ?? [];
    return c === undefined ? undefined : { isNew, numbers: [Number(a), Number(b), Number(c)], pre };
}
/**
 * Orders runtime versions (section 4 of the control plane's contract): negative when `a` is older. Any version of the new
 * format is newer than any of the old; one that cannot be read is older than all others.
 */
function compareRuntimes(a, b) {
    const [left, right] = [readVersion(a), readVersion(b)];
    if (!left || !right)
        return Number(left !== undefined) - Number(right !== undefined);
    if (left.isNew !== right.isNew)
        return left.isNew ? 1 : -1;
    const different = left.numbers.findIndex((number, index) => number !== right.numbers[index]);
    if (different !== -1)
        return (left.numbers[different] ?? 0) - (right.numbers[different] ?? 0);
    return comparePreReleases(left.pre, right.pre);
}
/** As in semver: a pre-release comes before its release; dotted parts by number where both are numbers. */
function comparePreReleases(a, b) {
    if (a === b)
        return 0;
    if (a === '' || b === '')
        return a === '' ? 1 : -1;
    const [left, right] = [a.split('.'), b.split('.')];
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
        const [one, other] = [left[index], right[index]];
        if (one === other)
            continue;
        if (one === undefined || other === undefined)
            return one === undefined ? -1 : 1;
        const [x, y] = [/^\d+$/.test(one), /^\d+$/.test(other)];
        if (x && y)
            return Number(one) - Number(other);
        return x !== y ? (x ? -1 : 1) : one < other ? -1 : 1;
    }
    return 0;
}
/** Whether two names are of one runtime: a leading v means nothing. */
function isSameRuntime(a, b) {
    return a.replace(/^v(?=\d)/, '') === b.replace(/^v(?=\d)/, '');
}
/** The Airflow major that a runtime brings; undefined for a version that cannot be read. */
function airflowMajorOf(runtime) {
    const version = readVersion(runtime);
    return version && (version.isNew ? version.numbers[0] : 2);
}
/** The oldest runtime from which Astro upgrades to Airflow 3. */
const OLDEST_BEFORE_AIRFLOW_3 = '12.0.0';
/** What speaks against this image on this Deployment; undefined when nothing does. A version that runs already is fine. */
function findRuntimeProblem({ label, current, supported }) {
    if (label === undefined || label === '')
        return 'label-missing';
    if (isSameRuntime(label, current))
        return undefined;
    if (current !== '' && compareRuntimes(label, current) < 0)
        return 'downgrade';
    const jumps = airflowMajorOf(current) === 2 && (airflowMajorOf(label) ?? 0) >= 3;
    if (jumps && compareRuntimes(current, OLDEST_BEFORE_AIRFLOW_3) < 0)
        return 'airflow-3-jump';
    return supported.some((version) => isSameRuntime(version, label)) ? undefined : 'unsupported';
}


/***/ }),

/***/ 5724:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   p: () => (/* binding */ isIgnored)
/* harmony export */ });
/* harmony import */ var ignore__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(298);
/* harmony import */ var ignore__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(ignore__WEBPACK_IMPORTED_MODULE_0__);

/**
 * Whether Airflow passes a file over. `maybe` when it depends on a setting that is not known here: the patterns are globs
 * by default in Airflow 3, regular expressions in 2, and either can be set to the other.
 */
function isIgnored(path, files, major) {
    const glob = byGlob(path, files);
    const expression = byExpression(path, files);
    const [usual, other] = major === 3 ? [glob, expression] : [expression, glob];
    return usual ? 'yes' : other ? 'maybe' : 'no';
}
function byGlob(path, files) {
    return [...files].some(([folder, text]) => {
        const inside = below(folder, path);
        return inside !== undefined && ignore__WEBPACK_IMPORTED_MODULE_0___default()().add(text).ignores(inside);
    });
}
/** Python's expressions are JavaScript's as far as file names go; one that JavaScript does not read ignores nothing. */
function byExpression(path, files) {
    return [...files].some(([folder, text]) => below(folder, path) !== undefined &&
        text
            .split('\n')
            .map((line) => line.replace(/\s*#.*$/, '').trim())
            .some((pattern) => pattern !== '' && matches(pattern, path)));
}
function matches(pattern, path) {
    try {
        return new RegExp(pattern).test(path);
    }
    catch {
        return false;
    }
}
function below(folder, path) {
    if (folder === '')
        return path;
    return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}


/***/ }),

/***/ 1556:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ isDagFileName),
/* harmony export */   W: () => (/* binding */ isLeftOut)
/* harmony export */ });
/* harmony import */ var _left_behind_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6773);

/**
 * What is never shipped, file or folder: history, bytecode that could be older than the source beside it, and credentials that
 * other actions left behind.
 */
function isLeftOut(name) {
    return name === '.git' || name === '__pycache__' || name.endsWith('.pyc') || (0,_left_behind_js__WEBPACK_IMPORTED_MODULE_0__/* .isCredentialFile */ .S)(name);
}
/** Whether Airflow looks into a file of this name for DAGs. */
function isDagFileName(name) {
    return name.endsWith('.py') || name.endsWith('.zip');
}


/***/ }),

/***/ 833:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ fingerprint),
/* harmony export */   u: () => (/* binding */ readDagPromise)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);

/** The ID must be the whole argument: `"etl" + SUFFIX` is another one. */
const CALL = /\bDAG\s*\(\s*(?:dag_id\s*=\s*)?(["'])([\w.-]+)\1\s*(?=[,)])/g;
const DECORATED = /^@(?:\w+\.)*dag\b(\s*\([^]*?\))?\s*\n(?:@[^\n]*\n)*def\s+(\w+)\s*\(/gm;
/** Reads the text of a Python file, without Python: only what stands plainly at the top level counts as a promise. */
function readDagPromise(source) {
    if (!/dag/i.test(source) || !/airflow/i.test(source))
        return { kind: 'none', ids: [] };
    const { code, lines } = readPython(source);
    const lineAt = (index) => code.slice(0, index).split('\n').length;
    const called = [...code.matchAll(CALL)].map(({ 2: id = '', index }) => ({ id, line: lineAt(index) }));
    const decorated = [...code.matchAll(DECORATED)].map(({ 0: whole, 1: options = '', 2: name = '', index }) => {
        const given = /dag_id\s*=\s*(?:["']([\w.-]+)["']\s*(?=[,)]))?/.exec(options);
        const id = given ? given[1] : name;
        // What another decorator makes of it is not known.
        const isPlain = !/(?:^|\n)[@)][^\n]*\n$/.test(code.slice(0, index));
        return { id, name, isPlain, line: lineAt(index) + whole.split('\n').length - 1 };
    });
    const makers = new Set(decorated.filter(({ isPlain }) => isPlain).map(({ name }) => name));
    return {
        kind: alwaysMakesDag(lines, makers) ? 'promised' : 'possible',
        ids: [...called, ...decorated.flatMap(({ id, line }) => (id === undefined ? [] : [{ id, line }]))],
    };
}
/** A string of several lines, one of one line, a comment, the mark of a line that goes on, a bracket, the end of a line. */
const TOKEN = /"""[^"\\]*(?:(?:\\[^]|"(?!""))[^"\\]*)*"""|'''[^'\\]*(?:(?:\\[^]|'(?!''))[^'\\]*)*'''|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|#[^\n]*|\\\n|[()[\]{}]|\n/g;
/**
 * The text without comments and strings of several lines, with every line where it was; and its statements, a line each, without
 * what is in strings.
 */
function readPython(source) {
    const text = source.replaceAll('\r\n', '\n');
    const code = text.replace(TOKEN, (token) => /^(?:#|"""|''')/.test(token) ? token.replace(/[^\n]/g, ' ') : token);
    let depth = 0;
    const joined = text.replace(TOKEN, (token) => {
        if (/^["']/.test(token))
            return '""';
        if (token.startsWith('#') || token === '\\\n')
            return ' ';
        if (token === '\n')
            return depth > 0 ? ' ' : token;
        depth = Math.max(0, depth + ('([{'.includes(token) ? 1 : -1));
        return token;
    });
    return { code, lines: joined.split('\n').filter((line) => line.trim() !== '') };
}
const BLOCK = /^(?:if|elif|else|for|while|try|except|finally|match|async)\b/;
/** Variables in there are others. */
const SCOPE = /^(?:async\s+def|def|class)\b|^@/;
const NEW_DAG = /^(?:(with)\s+|([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*)?(?:\w+\.)*DAG\s*\(/;
const CALLED = /^(?:[A-Za-z_]\w*\s*(?::[^=]+)?=\s*)?(\w+)\s*\(/;
/**
 * Whether each run of this code leaves a DAG behind: a statement that runs whatever comes makes one, and nothing takes it away.
 *
 * @param makers functions that make a DAG when they are called
 */
function alwaysMakesDag(lines, makers) {
    const kept = new Set();
    let isOtherScope = false;
    for (const line of lines) {
        const isTop = !/^\s/.test(line);
        if (isTop)
            isOtherScope = SCOPE.test(line);
        if (isOtherScope)
            continue;
        for (const name of kept)
            if (changes(line, name))
                kept.delete(name);
        if (!isTop || BLOCK.test(line))
            continue;
        for (const statement of line.startsWith('with ') ? [line] : line.split(';').map((part) => part.trim())) {
            const [made, isBlock, name] = NEW_DAG.exec(statement) ?? [];
            const [called, maker = ''] = CALLED.exec(statement) ?? [];
            if (made !== undefined) {
                const rest = afterCall(statement, made);
                if (isBlock !== undefined ? /^\s*(?:as\s+\w+\s*)?[:,]/.test(rest) : rest.trim() === '')
                    kept.add(name ?? '');
            }
            else if (called !== undefined && makers.has(maker) && !/\bif\b/.test(afterCall(statement, called)))
                kept.add('');
        }
    }
    return kept.size > 0;
}
/** Whether a line takes a variable away, or gives it another value, be it under a condition. */
const changes = (line, name) => name !== '' && new RegExp(`\\bdel\\b.*\\b${name}\\b|(?:^|[:;])\\s*${name}\\s*(?::[^=]+)?=(?!=)`).test(line);
/** What follows the bracket that closes the call; `opened` is its head with the bracket that opens it. */
function afterCall(statement, opened) {
    let depth = 1;
    let end = opened.length;
    for (; end < statement.length && depth > 0; end++) {
        if ('([{'.includes(statement[end] ?? ''))
            depth += 1;
        else if (')]}'.includes(statement[end] ?? ''))
            depth -= 1;
    }
    return statement.slice(end);
}
/** Equal for texts that differ in nothing but how their lines end. */
function fingerprint(source) {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(source.replaceAll('\r\n', '\n').trimEnd()).digest('hex');
}


/***/ }),

/***/ 6773:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   N: () => (/* binding */ withoutCredentialFiles),
/* harmony export */   S: () => (/* binding */ isCredentialFile)
/* harmony export */ });
/**
 * Files with credentials that well-known actions leave in the workspace for the steps after them: google-github-actions/auth
 * and get-gke-credentials, redhat-actions/oc-login. Nobody means to ship these.
 */
const NAMES = ['gha-creds-*.json', 'gha-kubeconfig-*', 'oc-kubeconfig.yaml'];
const NAME = /^(?:gha-creds-.*\.json|gha-kubeconfig-.*|oc-kubeconfig\.yaml)$/s;
/** Whether a file, by its path with forward slashes, is one that such an action left behind. */
function isCredentialFile(path) {
    return NAME.test(path.slice(path.lastIndexOf('/') + 1));
}
/** A `.dockerignore` that keeps such files out of the build as well. */
function withoutCredentialFiles(dockerIgnore) {
    return `${dockerIgnore}${NAMES.map((name) => `**/${name}\n`).join('')}`;
}


/***/ }),

/***/ 2450:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   KV: () => (/* binding */ readIgnoreFiles),
/* harmony export */   Nh: () => (/* binding */ belowDags),
/* harmony export */   RH: () => (/* binding */ readPromisedDags),
/* harmony export */   s: () => (/* binding */ withGenerated)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs_promises__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _airflow_ignore_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(5724);
/* harmony import */ var _dag_promise_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(833);



/** A path of the archive, below the DAG folder. */
const belowDags = (path) => path.replace(/^dags\//, '');
/** The same with files that are only in the archive. */
function withGenerated({ files, all }, generated) {
    const added = generated.map(({ path, content }) => promisedFile(belowDags(path), content));
    const names = new Set(added.map(({ path }) => path));
    return {
        files: [...files.filter(({ path }) => !names.has(path)), ...added],
        all: new Set([...all, ...names]),
    };
}
const promisedFile = (path, source) => ({
    path,
    promise: (0,_dag_promise_js__WEBPACK_IMPORTED_MODULE_2__/* .readDagPromise */ .u)(source),
    fingerprint: (0,_dag_promise_js__WEBPACK_IMPORTED_MODULE_2__/* .fingerprint */ .R)(source),
});
const LARGEST_READ_BYTES = 1024 * 1024;
const IGNORE_FILE = '.airflowignore';
/** Reads what the DAG folder promises. A file that Airflow is told to ignore promises nothing. */
async function readPromisedDags(folder, major) {
    const byPath = new Map(folder.files.map((file) => [belowDags(file.path), file]));
    const ignoreFiles = await readIgnoreFiles(byPath);
    const files = [];
    const readSource = createSourceReader();
    for (const [path, file] of byPath) {
        const ignored = (0,_airflow_ignore_js__WEBPACK_IMPORTED_MODULE_1__/* .isIgnored */ .p)(path, ignoreFiles, major);
        if (ignored === 'yes')
            continue;
        const read = await readPromise(path, file, readSource);
        if (!read || read.promise.kind === 'none')
            continue;
        const kind = ignored === 'maybe' ? 'possible' : read.promise.kind;
        files.push({ ...read, promise: { ...read.promise, kind } });
    }
    return { files, all: new Set(byPath.keys()) };
}
async function readPromise(path, file, readSource) {
    if (path.endsWith('.zip')) {
        return { path, promise: { kind: 'possible', ids: [] }, fingerprint: undefined };
    }
    if (!path.endsWith('.py') || file.kind !== 'file' || file.size > LARGEST_READ_BYTES)
        return undefined;
    const source = await readSource(file);
    return { path, promise: (0,_dag_promise_js__WEBPACK_IMPORTED_MODULE_2__/* .readDagPromise */ .u)(source), fingerprint: (0,_dag_promise_js__WEBPACK_IMPORTED_MODULE_2__/* .fingerprint */ .R)(source) };
}
/** Reads one file at a time, all into the same memory: thousands of dead buffers would wait for the garbage collector. */
function createSourceReader() {
    let scratch = Buffer.alloc(0);
    return async ({ absolutePath, size }) => {
        if (scratch.length < size)
            scratch = Buffer.allocUnsafeSlow(Math.min(LARGEST_READ_BYTES, 2 * size));
        const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.open)(absolutePath);
        try {
            const { bytesRead } = await handle.read(scratch, 0, size, 0);
            return scratch.toString('utf8', 0, bytesRead);
        }
        finally {
            await handle.close();
        }
    };
}
/** What the files `.airflowignore` of a DAG folder say. */
async function readIgnoreFiles(byPath) {
    const found = [...byPath].filter((entry) => entry[1].kind === 'file' && (entry[0] === IGNORE_FILE || entry[0].endsWith(`/${IGNORE_FILE}`)));
    return new Map(await Promise.all(found.map(async ([path, { absolutePath }]) => [
        path.slice(0, -IGNORE_FILE.length).replace(/\/$/, ''),
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readFile)(absolutePath, 'utf8'),
    ])));
}


/***/ }),

/***/ 5495:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  start: () => (/* binding */ start_start)
});

// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
// EXTERNAL MODULE: ./node_modules/@actions/core/lib/core.js + 14 modules
var core = __webpack_require__(6421);
// EXTERNAL MODULE: external "node:worker_threads"
var external_node_worker_threads_ = __webpack_require__(5919);
;// CONCATENATED MODULE: ./src/check/threads.ts

/** What the files' text and results may take; the linter's own memory is not of it. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4, stackSizeMb: 4 };
/**
 * Starts threads of a program, which is told in its `workerData` what to read. They see no environment, and what the linter
 * prints when it breaks goes nowhere.
 */
function createThreads(program) {
    return (task) => {
        const options = {
            workerData: task,
            env: {},
            execArgv: [],
            stdout: true,
            stderr: true,
            resourceLimits: LIMITS,
        };
        const thread = new external_node_worker_threads_.Worker(program, options);
        thread.unref();
        return thread;
    };
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
;// CONCATENATED MODULE: ./src/clock.ts

const systemClock = {
    now: () => Date.now(),
    async sleep(ms, signal) {
        try {
            await (0,promises_.setTimeout)(ms, undefined, signal ? { signal } : {});
        }
        catch (error) {
            signal?.throwIfAborted();
            throw error;
        }
    },
};

// EXTERNAL MODULE: ./src/errors.ts
var src_errors = __webpack_require__(3916);
;// CONCATENATED MODULE: ./src/flush.ts
/** A log that nobody has read from for so long is not waited for. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 50;
/**
 * Resolves when a stream has passed on all that was written to it: to a pipe, Node writes in the background, and `process.exit`
 * would drop the rest. Resolves too when the stream is broken, or nobody has read from it for half a minute.
 */
async function flush(stream) {
    let left = stream.writableLength;
    let movedAt = Date.now();
    while (left > 0 && !stream.destroyed && Date.now() - movedAt < PATIENCE_MS) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        if (stream.writableLength !== left)
            movedAt = Date.now();
        left = stream.writableLength;
    }
}

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __webpack_require__(7067);
// EXTERNAL MODULE: external "node:https"
var external_node_https_ = __webpack_require__(4708);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
;// CONCATENATED MODULE: ./src/http/obstacle.ts
/** Met while connecting, so nothing of the request has left this machine. Its message is what was observed. */
class Obstacle extends Error {
    name = 'Obstacle';
    code;
    constructor(code, message, cause) {
        super(message, { cause });
        this.code = code;
    }
}
const ADVICE = {
    'ASTRO-NETWORK-CERTIFICATE': {
        likelyCause: 'A proxy or firewall of your network opens TLS and signs with a certificate authority (CA) of its own, which Node does not know; or the clock of this machine is wrong.',
        fix: "Give the job (not the step) `env: NODE_EXTRA_CA_CERTS: /path/to/ca.pem` with the CA's certificate, or `env: NODE_USE_SYSTEM_CA: 1` when the runner's system trusts it already.",
    },
    'ASTRO-NETWORK-PROXY-LOGIN': {
        likelyCause: 'The proxy wants a user name and password, and got none or wrong ones.',
        fix: 'Set `https_proxy` to http://USER:PASSWORD@HOST:PORT from secrets, in the `env:` of the job or of the runner; or add the host to `no_proxy`.',
    },
    'ASTRO-NETWORK-PROXY-REFUSED': {
        likelyCause: 'A rule of the proxy forbids this host.',
        fix: 'Have the host allowed on the proxy, or add it to `no_proxy` if this runner can reach it directly.',
    },
};
/** What to say of an obstacle by its code; undefined for any other code. */
function adviceOn(code) {
    return code !== undefined && code in ADVICE
        ? { code: code, ...ADVICE[code] }
        : undefined;
}

;// CONCATENATED MODULE: ./src/http/connections.ts






/** From the first packet to the end of the TLS handshake, the proxy's part included. */
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * For each address of a host that has several. Node's own 250 ms are less than one round trip to a distant host, which then
 * could not be reached at all.
 */
const ADDRESS_TIMEOUT_MS = 2_000;
function createConnections({ proxyFor, connectTimeoutMs = CONNECT_TIMEOUT_MS, }) {
    const agents = new Map();
    return {
        agentFor(url, use) {
            const key = `${use} ${url.origin}`;
            const agent = agents.get(key) ?? createAgent(url, use, proxyFor(url), connectTimeoutMs);
            agents.set(key, agent);
            return agent;
        },
        close() {
            for (const agent of agents.values())
                agent.destroy();
            agents.clear();
        },
    };
}
function createAgent(url, use, proxy, connectTimeoutMs) {
    const isSecure = url.protocol === 'https:';
    const options = {
        keepAlive: use === 'kept',
        autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    };
    const agent = isSecure ? new external_node_https_.Agent(options) : new external_node_http_.Agent(options);
    const begin = agent.createConnection.bind(agent);
    const connect = async (target) => {
        const limit = new AbortController();
        const tooLate = new Error(`no connection within ${connectTimeoutMs / 1000} s`);
        const timer = setTimeout(() => limit.abort(tooLate), connectTimeoutMs);
        try {
            const tunnel = proxy && (await openTunnel(proxy, target, limit.signal));
            if (tunnel && !isSecure)
                return tunnel;
            const socket = begin(tunnel ? { ...target, socket: tunnel } : target);
            await whenReady(socket, url.host, limit.signal);
            return socket;
        }
        catch (error) {
            throw limit.signal.aborted ? tooLate : error;
        }
        finally {
            clearTimeout(timer);
        }
    };
    agent.createConnection = (target, callback) => {
        connect(target).then((socket) => callback?.(null, socket), 
        // An agent takes no socket beside an error.
        (error) => callback?.(error, undefined));
        return undefined;
    };
    return stopKeepingAfterReset(agent);
}
/** Once a connection broke as it was used again, no other one is: whoever is on the way resets them all. */
function stopKeepingAfterReset(agent) {
    let isReset = false;
    const keep = agent.keepSocketAlive.bind(agent);
    const reuse = agent.reuseSocket.bind(agent);
    agent.keepSocketAlive = (socket) => !isReset && keep(socket);
    agent.reuseSocket = (socket, request) => {
        reuse(socket, request);
        request.once('error', () => {
            isReset = true;
            for (const free of Object.values(agent.freeSockets).flat())
                free?.destroy();
        });
    };
    return agent;
}
/**
 * Opens a tunnel to a host through a proxy. Rejects with an Obstacle when the proxy wants credentials or refuses, or its own
 * certificate is not trusted.
 */
function openTunnel(proxy, { host, port }, signal) {
    const name = `${host?.includes(':') ? `[${host}]` : host}:${port}`;
    const via = `${proxy.host}:${proxy.port}`;
    const connect = (proxy.isSecure ? external_node_https_ : external_node_http_).request({
        method: 'CONNECT',
        host: proxy.host,
        port: proxy.port,
        path: name,
        headers: {
            host: name,
            ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
        },
        agent: false,
        signal,
        ...{ autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS },
        // Otherwise Node would take the name for TLS from the Host header.
        ...(proxy.isSecure ? { servername: (0,external_node_net_.isIP)(proxy.host) === 0 ? proxy.host : '' } : {}),
    });
    return new Promise((resolve, reject) => {
        connect.once('socket', (socket) => {
            if (socket instanceof external_node_tls_.TLSSocket)
                rememberPeer(socket);
            connect.once('error', (error) => reject(untrusted(socket, via) ?? unreachedProxy(via, error)));
        });
        connect.once('connect', ({ statusCode = 0 }, socket) => {
            if (statusCode >= 200 && statusCode < 300) {
                resolve(socket);
                return;
            }
            socket.destroy();
            reject(refusedBy(via, statusCode, name));
        });
        connect.end();
    });
}
const unreachedProxy = (via, error) => new Error(`the proxy ${via} could not be used: ${(0,src_errors/* describeError */.Uc)(error)}`, { cause: error });
/** A proxy that cannot reach the host, or is overloaded, may do better the next time; any other refusal stands. */
function refusedBy(via, status, name) {
    const observed = `the proxy ${via} answered HTTP ${status} when asked for ${name}`;
    if (status === 407)
        return new Obstacle('ASTRO-NETWORK-PROXY-LOGIN', observed);
    if (status < 300 || status === 408 || status === 429 || status >= 500)
        return new Error(observed);
    return new Obstacle('ASTRO-NETWORK-PROXY-REFUSED', observed);
}
function whenReady(socket, host, signal) {
    const event = socket instanceof external_node_tls_.TLSSocket ? 'secureConnect' : 'connect';
    if (socket instanceof external_node_tls_.TLSSocket)
        rememberPeer(socket);
    return new Promise((resolve, reject) => {
        const onAbort = () => void socket.destroy(signal.reason);
        const onError = (error) => settle(() => reject(untrusted(socket, host) ?? error));
        const onReady = () => settle(resolve);
        const settle = (how) => {
            signal.removeEventListener('abort', onAbort);
            socket.off(event, onReady);
            socket.off('error', onError);
            how();
        };
        signal.addEventListener('abort', onAbort, { once: true });
        socket.once(event, onReady);
        socket.once('error', onError);
    });
}
const peers = new WeakMap();
/** A certificate can be read until it is found wanting: that closes the socket. `secure` comes just before. */
function rememberPeer(socket) {
    socket.prependOnceListener('secure', () => peers.set(socket, socket.getPeerCertificate()));
}
/** The obstacle, when a connection failed because the certificate of the other side was not accepted. */
function untrusted(socket, host) {
    const why = socket instanceof external_node_tls_.TLSSocket ? socket.authorizationError : undefined;
    if (typeof why !== 'string')
        return undefined;
    const { issuer, subject } = peers.get(socket) ?? {};
    const by = nameOf(issuer);
    return new Obstacle('ASTRO-NETWORK-CERTIFICATE', `the certificate of ${host}${by === undefined ? '' : `, issued by ${by} to ${nameOf(subject) ?? 'no name'},`} is not trusted (${why})`);
}
function nameOf(subject) {
    const names = [subject?.CN, subject?.O].flat().filter((name) => name !== undefined);
    return names.length === 0 ? undefined : `"${names.join(', ')}"`;
}

;// CONCATENATED MODULE: ./src/http/secure.ts
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Whether a host name stays on this machine, where plain http is acceptable. */
function isLoopback(hostname) {
    return LOOPBACK.test(hostname);
}
/** Whether secrets may be sent there: over https, or to this machine itself. */
function mayCarrySecrets(url) {
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

;// CONCATENATED MODULE: ./src/http/proxy.ts


/** By what is asked for, first come first; curl ignores HTTP_PROXY, which a web server may set from a request. */
const VARIABLES = {
    'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
    'http:': ['http_proxy', 'all_proxy', 'ALL_PROXY'],
};
const EXCEPTIONS = ['no_proxy', 'NO_PROXY'];
/** Every variable by which some library would choose a proxy by rules of its own. */
const PROXY_VARIABLES = [
    ...new Set([...VARIABLES['https:'], ...VARIABLES['http:'], 'HTTP_PROXY', ...EXCEPTIONS]),
];
/**
 * Reads the proxies of the environment as curl reads them (its manual, "Environment" and "-x"): the scheme may be left out,
 * the port is then 1080 (443 for https), credentials are percent-decoded as far as they can be. The exceptions also take what
 * other programs do: `*.suffix`, ports, networks. Loopback is never proxied.
 */
function readProxies(env) {
    const chosen = Object.values(VARIABLES).map((names) => firstSet(env, names));
    const read = chosen.map((variable) => variable && { ...variable, ...parseProxy(variable.value) });
    const problems = new Map(read.flatMap((one) => one && 'problem' in one
        ? [[one.name, { code: 'ASTRO-INPUT-PROXY', input: one.name, problem: one.problem }]]
        : []));
    const [secure, plain] = read.map((one) => (one && 'proxy' in one ? one : undefined));
    const isExcepted = readExceptions(firstSet(env, EXCEPTIONS)?.value ?? '');
    return {
        proxyFor: (url) => isLoopback(url.hostname) || isExcepted(url)
            ? undefined
            : (url.protocol === 'https:' ? secure : plain)?.proxy,
        secrets: [secure, plain].flatMap((one) => one?.secrets ?? []),
        problems: [...problems.values()],
    };
}
function firstSet(env, names) {
    for (const name of names) {
        const value = env[name]?.trim();
        if (value !== undefined && value !== '')
            return { name, value };
    }
    return undefined;
}
const NO_ADDRESS = 'it is not the address of a proxy, such as http://proxy.example:3128; write special characters of a user name or password percent-encoded';
function parseProxy(text) {
    const [, scheme, authority = '', after = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/is.exec(text) ?? [];
    const isSecure = scheme?.toLowerCase() === 'https';
    if (!isSecure && scheme !== undefined && scheme.toLowerCase() !== 'http') {
        return { problem: 'only proxies that speak http or https can be used' };
    }
    const at = authority.lastIndexOf('@');
    const address = /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}._~-]+)(?::(\d*))?$/iu.exec(authority.slice(at + 1));
    const [, host = '', portText = ''] = address ?? [];
    // What follows the address means nothing, unless it is the rest of a password that was not encoded.
    const isPath = scheme !== undefined && after.startsWith('/') && !after.includes('@');
    const isWhole = after === '' || after === '/' || isPath;
    if (!address || !isWhole || !URL.canParse(`http://${host}`))
        return { problem: NO_ADDRESS };
    const port = portText === '' ? (isSecure ? 443 : 1080) : Number(portText);
    if (port < 1 || port > 65_535)
        return { problem: 'its port is not between 1 and 65535' };
    const plainHost = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
    const given = authority.slice(0, Math.max(0, at));
    const [user = '', ...rest] = given.split(':');
    const password = rest.join(':');
    const pair = `${decoded(user)}:${decoded(password)}`;
    return {
        proxy: {
            isSecure,
            host: plainHost,
            port,
            authorization: given === '' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`,
        },
        secrets: [given, pair, password, decoded(password)].filter((secret) => secret !== '' && secret !== ':'),
    };
}
/** Percent-decoded; a sign that begins no code stands for itself. */
function decoded(text) {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString('utf8'));
}
/** Whether a URL is reached without a proxy, by a list of hosts. What cannot be understood excepts nothing, as for curl. */
function readExceptions(list) {
    const exceptions = list
        .split(/[\s,]+/)
        .filter((entry) => entry !== '')
        .map((entry) => readException(entry.toLowerCase()));
    return (url) => {
        const host = bare(url.hostname);
        const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
        return exceptions.some((matches) => matches(host, port));
    };
}
function readException(entry) {
    const [, bracketed, hostPart, portPart] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
    // An IPv6 address without brackets has no port.
    const name = bracketed ?? hostPart ?? entry;
    const isHost = name === '*' ? () => true : isNetwork(name) ? within(name) : below(bare(name.replace(/^\*?\./, '')));
    return (host, port) => (portPart === undefined || portPart === port) && isHost(host);
}
const isNetwork = (name) => name.includes('/') || (0,external_node_net_.isIP)(name) !== 0;
/** An address or a network (`10.0.0.0/8`): it excepts hosts that are written as an address of it. */
function within(network) {
    const [address = '', prefix] = network.replace(/[[\]]/g, '').split('/');
    const list = new external_node_net_.BlockList();
    try {
        const family = familyOf(address);
        if (prefix === undefined)
            list.addAddress(address, family);
        else
            list.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : NaN, family);
    }
    catch {
        return () => false;
    }
    return (host) => (0,external_node_net_.isIP)(host) !== 0 && list.check(host, familyOf(host));
}
const familyOf = (address) => ((0,external_node_net_.isIP)(address) === 6 ? 'ipv6' : 'ipv4');
/** A domain and all names below it. */
const below = (domain) => (host) => domain !== '' && (0,external_node_net_.isIP)(host) === 0 && (host === domain || host.endsWith(`.${domain}`));
const bare = (host) => host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

;// CONCATENATED MODULE: ./src/http/failure.ts


/**
 * No answer came. `reached: false` means that the request never left this machine (name lookup, proxy, connect, TLS), so it
 * cannot have had an effect; otherwise nobody knows.
 */
class HttpFailure extends Error {
    name = 'HttpFailure';
    reached;
    constructor(message, reached, cause) {
        super(message, { cause });
        this.reached = reached;
    }
    /** Set when no other attempt can do better. */
    get obstacle() {
        return this.cause instanceof Obstacle ? this.cause : undefined;
    }
    /** What was seen of it, as a sentence. */
    describe(host) {
        return this.reached
            ? `${host} took the request but gave no complete answer: ${this.message}.`
            : `${host} could not be reached: ${this.message}.`;
    }
}
/**
 * The error for a request without an answer.
 *
 * @param otherwise what to say when no obstacle is known
 */
function unanswered(problem, host, failure, otherwise) {
    const advice = adviceOn(failure.obstacle?.code) ?? otherwise;
    return new src_errors/* ActionError */.lZ({ ...advice, problem, observed: failure.describe(host), cause: failure });
}

;// CONCATENATED MODULE: ./src/http/retry.ts

const GATEWAY_STATUSES = new Set([502, 503, 504]);
/** Whether a request with this policy may be sent again after this outcome. */
function mayRepeat(repeat, outcome) {
    if (outcome instanceof HttpFailure) {
        return outcome.obstacle === undefined && (!outcome.reached || repeat !== 'refused');
    }
    if (outcome.status === 429)
        return true;
    if (outcome.status === 500)
        return repeat === 'always';
    return repeat !== 'refused' && GATEWAY_STATUSES.has(outcome.status);
}
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 8_000;
/**
 * Milliseconds to wait before attempt `attempt + 1` (attempts count from 1): full jitter under a doubling ceiling. A
 * Retry-After of the server is a floor, with a little jitter on top so that parallel jobs do not return together.
 */
function retryDelay(attempt, retryAfterMs, random) {
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
    const jittered = Math.round(random() * ceiling);
    return retryAfterMs === undefined ? jittered : retryAfterMs + Math.round(jittered / 4);
}
/** Retry-After in milliseconds from now: a number of seconds or an HTTP date; undefined when absent or nonsense. */
function retryAfter(header, now) {
    if (header === undefined)
        return undefined;
    const text = header.trim();
    if (/^\d+$/.test(text))
        return Number(text) * 1000;
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

;// CONCATENATED MODULE: ./src/http/attempts.ts

const ATTEMPTS = 5;
/** A server that asks for a longer pause (Retry-After) does not count on an answer within this run. */
const LONGEST_PAUSE_MS = 90_000;
/**
 * Tries until an attempt is final, at most five times and not beyond the deadline, with growing and random pauses of at
 * most a minute and a half. Logs a line for each further attempt. Throws what `once` and `giveUp` throw, and the signal's reason.
 *
 * @param what in words: "read the Deployment"
 * @param deadline milliseconds since the epoch
 */
async function tryRepeatedly({ clock, random, log, signal }, what, once, deadline = Infinity) {
    for (let attempt = 1;; attempt++) {
        const outcome = await once();
        if (outcome.kind === 'final')
            return outcome.result;
        const delay = retryDelay(attempt, retryAfter(outcome.retryAfter, clock.now()), random);
        const isTooLate = delay > LONGEST_PAUSE_MS || clock.now() + delay >= deadline;
        if (attempt >= ATTEMPTS || isTooLate)
            return outcome.giveUp();
        log.info(`Could not ${what} (${outcome.seen}). Attempt ${attempt + 1} of ${ATTEMPTS} in ${(delay / 1000).toFixed(1)} s.`);
        await clock.sleep(delay, signal);
    }
}

;// CONCATENATED MODULE: ./src/http/json.ts
const parsed = new WeakMap();
/** What an answer's text holds as JSON; undefined when it is none. Each answer is parsed once. */
function parseJson(response) {
    if (!parsed.has(response))
        parsed.set(response, parse(response.text));
    return parsed.get(response);
}
/** Whether an answer says that it is JSON. */
function isJson(response) {
    return /\bjson\b/i.test(response.headers['content-type'] ?? '');
}
/** Whether an answer is a web page, whatever it says that it is. */
function isPage(response) {
    return !isJson(response) && /<html|<!doctype/i.test(response.text.slice(0, 200));
}
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/http/request.ts





const ATTEMPT_TIMEOUT_MS = 30_000;
const BUDGET_MS = 90_000;
/** The runner kills a cancelled step about ten seconds after it told it. */
const CANCELLED_BUDGET_MS = 7_000;
/**
 * The one place for time limits, and for which request may be repeated. Throws HttpFailure when no attempt was answered, and
 * the signal's reason when the run was cancelled. Logs a line for each retry; never a header, a body or a query, which may
 * hold secrets.
 */
function createRequest(deps) {
    return async (request) => {
        const url = new URL(request.url);
        const label = `${request.method} ${url.origin}${url.pathname}`;
        const most = deps.signal?.aborted ? CANCELLED_BUDGET_MS : BUDGET_MS;
        const deadline = deps.clock.now() + Math.min(request.budgetMs ?? BUDGET_MS, most);
        const signal = request.evenIfCancelled ? undefined : deps.signal;
        const attempt = async () => {
            const startedAt = deps.clock.now();
            const outcome = await once(deps, request, url, deadline - startedAt, signal);
            const seen = outcome instanceof HttpFailure ? outcome.message : `HTTP ${outcome.status}`;
            deps.log.debug(`${label}: ${seen} after ${deps.clock.now() - startedAt} ms`);
            const giveUp = () => {
                if (outcome instanceof HttpFailure)
                    throw outcome;
                return outcome;
            };
            if (!isFailed(outcome) || !mayRepeat(request.repeat, outcome)) {
                return { kind: 'final', result: giveUp() };
            }
            return { kind: 'failed', seen, retryAfter: retryAfterOf(outcome), giveUp };
        };
        return tryRepeatedly({ ...deps, signal }, request.what, attempt, deadline);
    };
}
const isFailed = (outcome) => outcome instanceof HttpFailure || outcome.status >= 400;
const retryAfterOf = (outcome) => outcome instanceof HttpFailure ? undefined : outcome.headers['retry-after'];
async function once(deps, request, url, remainingMs, signal) {
    try {
        const response = await deps.send({
            method: request.method,
            url,
            headers: { 'user-agent': deps.userAgent, ...request.headers },
            body: request.body,
            timeoutMs: Math.max(1, Math.min(request.timeoutMs ?? ATTEMPT_TIMEOUT_MS, remainingMs)),
            connection: request.repeat === 'always' ? 'kept' : 'fresh',
            signal,
        });
        if (request.expectJson && response.status < 300 && isCutJson(response)) {
            return new HttpFailure('the answer is not complete JSON', true);
        }
        return response;
    }
    catch (error) {
        if (error instanceof HttpFailure)
            return error;
        signal?.throwIfAborted();
        return new HttpFailure((0,src_errors/* describeError */.Uc)(error), false, error);
    }
}
const isCutJson = (response) => isJson(response) && parseJson(response) === undefined;

;// CONCATENATED MODULE: ./src/http/transport.ts





const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;
/** A Transport over Node's own http. Redirects are answers, not followed. */
function createTransport({ agentFor }) {
    return (request) => attempt(request, agentFor(request.url, request.connection));
}
function attempt(request, agent) {
    const { url, signal } = request;
    return new Promise((resolve, reject) => {
        if (signal?.aborted) {
            reject(signal.reason);
            return;
        }
        let connected = false;
        let settled = false;
        const outgoing = (url.protocol === 'https:' ? external_node_https_ : external_node_http_).request(url, {
            method: request.method,
            agent,
            headers: {
                ...request.headers,
                ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
            },
        });
        const settle = (end) => {
            if (settled)
                return;
            settled = true;
            clearTimeout(totalTimer);
            signal?.removeEventListener('abort', onAbort);
            end();
        };
        const fail = (message, cause) => {
            settle(() => reject(new HttpFailure(message, connected, cause)));
            outgoing.destroy();
        };
        const onAbort = () => {
            settle(() => reject(signal?.reason));
            outgoing.destroy();
        };
        const totalTimer = setTimeout(() => fail(`no complete answer within ${request.timeoutMs / 1000} s`), request.timeoutMs);
        signal?.addEventListener('abort', onAbort, { once: true });
        outgoing.on('socket', () => (connected = true));
        outgoing.on('error', (error) => fail(error instanceof Obstacle ? error.message : (0,src_errors/* describeError */.Uc)(error), error));
        outgoing.on('upgrade', (incoming, socket) => {
            socket.destroy();
            fail(`HTTP ${incoming.statusCode ?? 101}, which nobody asked for`);
        });
        outgoing.on('response', (incoming) => {
            const chunks = [];
            let size = 0;
            incoming.on('data', (chunk) => {
                size += chunk.length;
                if (size > LARGEST_ANSWER_BYTES)
                    fail(`the answer is larger than ${LARGEST_ANSWER_BYTES} bytes`);
                else
                    chunks.push(chunk);
            });
            incoming.on('error', (error) => fail(`the answer broke off: ${(0,src_errors/* describeError */.Uc)(error)}`, error));
            incoming.on('end', () => settle(() => resolve({
                status: incoming.statusCode ?? 0,
                headers: incoming.headers,
                text: Buffer.concat(chunks).toString('utf8'),
            })));
        });
        outgoing.end(request.body);
    });
}

;// CONCATENATED MODULE: ./src/image/docker.ts

/** For what says nothing as it goes, such as an inspection: an engine that does not answer must not hold up a deploy. */
const LONGEST_SILENT_MS = 300_000;
/**
 * The docker on the PATH. It gets the step's environment without the step's inputs, which its plugins and credential helpers
 * have no business with.
 */
function createDocker(run, env) {
    const clientEnv = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')));
    return async (args, options = {}) => {
        const result = await run('docker', args, {
            ...options,
            ...(options.onLine ? {} : { limitMs: LONGEST_SILENT_MS }),
            env: { ...clientEnv, ...options.env },
        });
        if (result.kind === 'ended')
            return result;
        if (result.kind === 'not-started')
            throw noDocker(result.observed);
        throw noDocker(`The docker client did not end within ${LONGEST_SILENT_MS / 60_000} minutes.`);
    };
}
/** Something that needs Docker, and there is none. */
function noDocker(observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-NO-DOCKER',
        problem: 'This deploy needs Docker, and there is none that answers.',
        observed,
        likelyCause: 'The job runs on a runner without Docker (as macOS and most container jobs do), or its engine is not running.',
        fix: 'Run the job on a runner with Docker, such as ubuntu-latest. Images are built and pushed with it, also the one that `image-name` names, and `parse` and `pytest` run in it. `deploy-type: dags-only` without `parse` and `pytest` needs no Docker.',
    });
}

;// CONCATENATED MODULE: ./src/watch.ts

const FIRST_MINUTE_MS = 60_000;
const EARLY_INTERVAL_MS = 600;
const LATE_INTERVAL_MS = 3_000;
const LATEST_INTERVAL_MS = 8_000;
const HEARTBEAT_MS = 30_000;
const PATIENCE = 3;
/** Time between the starts of two looks, in milliseconds: often at first, when most rollouts end, then less so. */
function pollInterval(elapsedMs) {
    if (elapsedMs < FIRST_MINUTE_MS)
        return EARLY_INTERVAL_MS;
    return elapsedMs < 5 * FIRST_MINUTE_MS ? LATE_INTERVAL_MS : LATEST_INTERVAL_MS;
}
/**
 * Looks again and again until a look is the end, at most for the budget. Each new state is logged, and an old one now and
 * then as a sign of life. Errors of single looks are tolerated as long as there is time, but not those that say "no", "not
 * allowed" or "not there" several times in a row.
 */
async function watch(deps, task) {
    const startedAt = deps.clock.now();
    const deadline = startedAt + task.budgetMs;
    const interval = task.interval ?? pollInterval;
    let state = 'nothing, for no answer came';
    let told = { state: '', at: startedAt };
    let refusals = 0;
    for (;;) {
        const lookedAt = deps.clock.now();
        try {
            const seen = await watch_within(deps, task.look, Math.max(0, deadline - lookedAt));
            if (seen !== TOO_LATE) {
                refusals = 0;
                const finding = await task.judge(seen);
                if (finding.kind === 'done')
                    return finding.result;
                state = finding.state;
            }
        }
        catch (error) {
            if (!isTransient(error) && (!isRefusal(error) || ++refusals >= PATIENCE))
                throw error;
            state = `the last look failed: ${describeLook(error)}`;
        }
        const now = deps.clock.now();
        if (state !== told.state || now - told.at >= HEARTBEAT_MS) {
            deps.log.info(`${Math.round((now - startedAt) / 1000)} s: ${state}`);
            told = { state, at: now };
        }
        // However rare the looks have become, one is left for the end of the budget.
        const lastLookAt = deadline - EARLY_INTERVAL_MS;
        if (lookedAt >= lastLookAt || now >= deadline)
            throw task.timedOut(state);
        const next = Math.min(lookedAt + interval(lookedAt - startedAt, now - lookedAt), lastLookAt);
        await deps.clock.sleep(Math.max(0, next - now), deps.signal);
    }
}
const TOO_LATE = Symbol('a look that did not come back in time');
/** One look, or TOO_LATE when the budget ends before it comes back. */
async function watch_within({ clock, signal }, look, remainingMs) {
    const enough = new AbortController();
    const tooLate = clock
        .sleep(Math.max(0, remainingMs), signal ? AbortSignal.any([signal, enough.signal]) : enough.signal)
        .then(() => TOO_LATE);
    const seen = look();
    try {
        return await Promise.race([seen, tooLate]);
    }
    finally {
        seen.catch(() => undefined);
        enough.abort();
    }
}
const REFUSALS = new Set([
    'ASTRO-API-REFUSED',
    'ASTRO-API-UNAUTHORIZED',
    'ASTRO-API-FORBIDDEN',
    'ASTRO-API-NOT-FOUND',
    'ASTRO-API-CONFLICT',
]);
const PASSING = new Set([
    'ASTRO-API-UNREACHABLE',
    'ASTRO-API-UNAVAILABLE',
    'ASTRO-API-RATE-LIMIT',
    'ASTRO-API-ANSWER',
    'ASTRO-AUTH-UNREACHABLE',
    'ASTRO-AUTH-EXCHANGE',
]);
const isTransient = (error) => error instanceof src_errors/* ActionError */.lZ && PASSING.has(error.code);
const isRefusal = (error) => error instanceof src_errors/* ActionError */.lZ && REFUSALS.has(error.code);
function describeLook(error) {
    return error instanceof src_errors/* ActionError */.lZ ? (error.observed ?? error.problem).replace(/\.$/, '') : String(error);
}

;// CONCATENATED MODULE: ./src/airflow/failure.ts



const TOKEN = 'Use an API token of this Deployment with the Deployment Admin role, or one of its Workspace that may see the Airflow UI.';
const failure_ADVICE = {
    401: {
        code: 'ASTRO-AIRFLOW-UNAUTHORIZED',
        likelyCause: 'The token has expired or was revoked, or the Airflow API does not know it.',
        fix: TOKEN,
    },
    403: {
        code: 'ASTRO-AIRFLOW-FORBIDDEN',
        likelyCause: 'The credential may deploy, but its role has no access to the Airflow API of the Deployment.',
        fix: TOKEN,
    },
    404: {
        code: 'ASTRO-AIRFLOW-NOT-FOUND',
        likelyCause: 'Airflow has nothing of this name, or does not show it: in Airflow 3 a DAG is hidden while its file does not import.',
        fix: 'Compare the name with the Airflow UI.',
    },
    409: {
        code: 'ASTRO-AIRFLOW-CONFLICT',
        likelyCause: 'Airflow has something of this name, or for this date, already.',
        fix: 'Look at it in the Airflow UI.',
    },
};
const REFUSED = {
    code: 'ASTRO-AIRFLOW-REFUSED',
    likelyCause: 'Airflow found the request not acceptable.',
    fix: 'Read what Airflow says above.',
};
const UNAVAILABLE = {
    code: 'ASTRO-AIRFLOW-UNAVAILABLE',
    likelyCause: 'Airflow is starting (a new Deployment, or one that just changed), hibernates, is asked too often, or has a problem of its own.',
    fix: 'Look at the Deployment and its Airflow UI, and run again when Airflow answers.',
};
/** An answer of Airflow, or of what stands before it, with a status that means failure. */
function refused(problem, response) {
    return new src_errors/* ActionError */.lZ({ problem, observed: observe(response), ...adviceFor(response) });
}
function adviceFor(response) {
    const { status } = response;
    if (status >= 300 && status < 400) {
        return {
            code: 'ASTRO-AIRFLOW-REDIRECTED',
            likelyCause: 'A login page answers in place of the Airflow API: the token was not accepted, or the address is not the API.',
            fix: TOKEN,
        };
    }
    if (isInvalidToken(response))
        return failure_ADVICE[401] ?? REFUSED;
    // The ingress in front of a Deployment that is not up answers 404 as a page; Airflow itself answers in JSON.
    if (status >= 500 || status === 429 || (status === 404 && !isJson(response)))
        return UNAVAILABLE;
    return failure_ADVICE[status] ?? REFUSED;
}
/** Whether Airflow, or the way to it, does not work now and may later. */
function isDown({ code }) {
    return code === 'ASTRO-AIRFLOW-UNAVAILABLE' || code === 'ASTRO-AIRFLOW-UNREACHABLE';
}
/** Whether Airflow keeps this token out. */
function failure_isRefusal({ code }) {
    return code === 'ASTRO-AIRFLOW-UNAUTHORIZED' || code === 'ASTRO-AIRFLOW-FORBIDDEN';
}
/** Whether something else than Airflow answered, which may pass: a proxy or a gateway has its moments. */
function isOdd({ code }) {
    return code === 'ASTRO-AIRFLOW-ANSWER' || code === 'ASTRO-AIRFLOW-REDIRECTED';
}
/** Airflow 3 answers a token that it cannot read with 403, not with 401. */
function isInvalidToken(response) {
    return (response.status === 403 && /invalid jwt|token (?:is )?(?:invalid|expired)/i.test(said(response) ?? ''));
}
/** A 2xx answer that is not what Airflow gives: it serves its web app, with status 200, for paths that it does not know. */
function unreadable(problem, response, detail) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-AIRFLOW-ANSWER',
        problem,
        observed: `${observe(response)} ${detail ?? 'The answer is not the JSON that the Airflow API gives.'}`,
        likelyCause: 'A proxy, a login page or the Airflow web app answered in place of the Airflow API.',
        fix: 'Check the proxy settings of the runner, and the Airflow version and address that Astro shows for the Deployment.',
    });
}
/** No answer at all. */
function failure_unanswered(problem, host, failure) {
    return unanswered(problem, host, failure, {
        code: 'ASTRO-AIRFLOW-UNREACHABLE',
        likelyCause: failure.reached
            ? 'The connection broke, or the webserver of the Deployment is overloaded.'
            : 'A firewall or proxy stands between this runner and the Deployment, or its Airflow is private.',
        fix: `Allow connections from the runner to ${host}, or check \`https_proxy\` and \`no_proxy\`.`,
    });
}
function observe(response) {
    const words = said(response);
    const location = response.headers.location;
    const to = location !== undefined && URL.canParse(location) ? ` to ${new URL(location).host}` : '';
    return `HTTP ${response.status}${to}${words === undefined ? '' : `: ${(0,src_errors/* quoteSaid */._p)(words)}`}.`;
}
/** What Airflow says of an error, whole and in one line: both majors have several forms for it (section f of its contract). */
function said(response) {
    if (!isJson(response))
        return isPage(response) ? 'a web page, not JSON' : undefined;
    const body = parseJson(response);
    if (!isObject(body))
        return undefined;
    const { detail, error, title } = body;
    const words = textOf(detail) ?? textOf(error) ?? textOf(title);
    return words?.replace(/\s+/g, ' ').trim();
}
function textOf(value) {
    if (typeof value === 'string' && value !== '')
        return value;
    if (Array.isArray(value)) {
        const items = value.map(fieldError).filter((item) => item !== undefined);
        return items.length === 0 ? undefined : items.join('; ');
    }
    if (typeof value !== 'object' || value === null)
        return undefined;
    const { reason, message } = value;
    const parts = [reason, message].filter((part) => typeof part === 'string');
    return parts.length === 0 ? undefined : parts.join(': ');
}
function fieldError(item) {
    if (typeof item !== 'object' || item === null)
        return undefined;
    const { loc, msg } = item;
    const place = Array.isArray(loc) ? loc.map(String).join('.') : '';
    return typeof msg === 'string' ? `${place}: ${msg}` : undefined;
}

;// CONCATENATED MODULE: ./src/airflow/watch-airflow.ts



/** Odd answers in a row that are put down to what stands before Airflow. */
const watch_airflow_PATIENCE = 3;
/**
 * Watches Airflow as `watch` does. That it is down is one more state to wait out, as that of a fresh Deployment is; so are a
 * few answers in a row that are not Airflow's. Throws what `look` and `judge` throw otherwise.
 */
function watchAirflow(deps, task) {
    let oddAnswers = 0;
    return watch(deps, {
        ...task,
        async look() {
            try {
                const seen = await task.look();
                oddAnswers = 0;
                return { seen };
            }
            catch (error) {
                if (error instanceof src_errors/* ActionError */.lZ && (isDown(error) || (isOdd(error) && ++oddAnswers < watch_airflow_PATIENCE))) {
                    return error;
                }
                throw error;
            }
        },
        judge: (outcome) => outcome instanceof src_errors/* ActionError */.lZ
            ? { kind: 'waiting', state: outcome.observed ?? outcome.problem }
            : task.judge(outcome.seen),
    });
}

;// CONCATENATED MODULE: ./src/http/authorized.ts

/**
 * Sends calls with the access token, and once more with another token when the API does not know the first. Resolves with
 * the answer whatever its status is; throws what `unanswered` makes of a call without one.
 */
function createCaller(api) {
    const { request, tokens, root, headers, budgetMs, isUnknownToken, unanswered } = api;
    const { host } = new URL(root);
    const attempt = (call, token) => {
        const { method, path, what, repeat, body, evenIfCancelled, mostMs = Infinity } = call;
        const limitMs = Math.min(mostMs, budgetMs?.() ?? Infinity);
        return request({
            ...{ what, method, url: root + path, repeat },
            headers: {
                authorization: `Bearer ${token}`,
                accept: 'application/json',
                ...headers,
                ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            },
            body: body === undefined ? undefined : JSON.stringify(body),
            expectJson: true,
            evenIfCancelled: evenIfCancelled ?? false,
            ...(limitMs === Infinity ? {} : { budgetMs: limitMs }),
        });
    };
    return async (call) => {
        try {
            const token = await tokens.accessToken();
            const response = await attempt(call, token);
            const isUnknown = response.status === 401 || isUnknownToken?.(response) === true;
            if (!isUnknown || !(await tokens.renew(token)))
                return response;
            return await attempt(call, await tokens.accessToken());
        }
        catch (error) {
            if (error instanceof HttpFailure)
                throw unanswered(call.problem, host, error);
            throw error;
        }
    };
}

;// CONCATENATED MODULE: ./src/http/pages.ts
/**
 * Reads a list page by page, until a page is empty or as many items as there are were seen. The offset moves by what came,
 * not by what was asked for: servers give less than they are asked for.
 *
 * @param read gets `limit=…&offset=…`
 * @param options.size how many to ask for
 * @param options.most pages, after which `endless` is thrown
 */
async function* pageByPage(read, options) {
    let offset = 0;
    for (let asked = 0; asked < options.most; asked++) {
        const page = await read(`limit=${options.size}&offset=${offset}`);
        yield page;
        offset += page.items.length;
        if (page.items.length === 0 || offset >= (page.total ?? Infinity))
            return;
    }
    throw options.endless();
}

;// CONCATENATED MODULE: ./src/airflow/api.ts





const PAGE = 100;
const MOST_PAGES = 200;
const LONGEST_CALL_MS = 60_000;
const SHORTEST_CALL_MS = 1_000;
/**
 * How Airflow's REST API is asked: no more often than its pace allows. Only JSON counts as an answer, redirects are not followed, a token that it does not know
 * gets one successor. What it returns throws ActionError `ASTRO-AIRFLOW-…` when the answer is not a success.
 */
function createAirflowApi(connection) {
    const { request, tokens, root } = connection;
    const call = createCaller({
        ...{ request, tokens, root, unanswered: failure_unanswered },
        budgetMs() {
            const remainingMs = connection.remainingMs?.() ?? LONGEST_CALL_MS;
            return Math.min(LONGEST_CALL_MS, Math.max(SHORTEST_CALL_MS, remainingMs));
        },
        isUnknownToken: isInvalidToken,
    });
    async function send(asked) {
        await connection.pace?.();
        const response = await call(asked);
        if (response.status >= 300)
            throw refused(asked.problem, response);
        return response;
    }
    async function json(asked) {
        const response = await send(asked);
        const body = isJson(response) ? parseJson(response) : undefined;
        if (typeof body !== 'object' || body === null)
            throw unreadable(asked.problem, response);
        return { body: body, serverTime: serverTime(response) };
    }
    const read = (path, what, problem) => json({ method: 'GET', path, what, problem, repeat: 'always' });
    /**
     * The total is not trusted for import errors: Airflow 3 counts them too often, and their pages may be short and repeat
     * each other.
     */
    async function all(list, readItem) {
        const { items, problem } = list;
        const readPage = async (query) => {
            const { body, serverTime: at } = await read(`${list.path}&${query}`, list.what, problem);
            const batch = body[items];
            if (!Array.isArray(batch))
                throw noList(problem, items);
            const total = list.total === 'trusted' ? Number(body.total_entries) : undefined;
            return { items: batch, total, at };
        };
        const endless = () => endlessList(problem, items);
        const found = [];
        let at;
        for await (const page of pageByPage(readPage, { size: PAGE, most: MOST_PAGES, endless })) {
            found.push(...page.items.map(readItem).filter((item) => item !== undefined));
            at = page.at;
        }
        return { items: found, serverTime: at };
    }
    return { send, json, read, all };
}
/** The answer's Date, which is Airflow's clock or that of the proxy before it; whole seconds. */
function serverTime(response) {
    const at = Date.parse(response.headers.date ?? '');
    return Number.isNaN(at) ? undefined : at;
}
/** Part of an answer without which it is none of Airflow's. */
function required(value, problem) {
    if (value === undefined)
        throw notTheObject(problem);
    return value;
}
const OTHER_SERVER = {
    code: 'ASTRO-AIRFLOW-ANSWER',
    likelyCause: 'Another server than Airflow answered, or a version of it that this action does not know.',
    fix: 'Check the Airflow version and address that Astro shows for the Deployment.',
};
function notTheObject(problem) {
    return new src_errors/* ActionError */.lZ({ ...OTHER_SERVER, problem, observed: 'The answer lacks what it should hold.' });
}
function noList(problem, items) {
    return new src_errors/* ActionError */.lZ({ ...OTHER_SERVER, problem, observed: `The answer has no list of ${items}.` });
}
function endlessList(problem, items) {
    return new src_errors/* ActionError */.lZ({
        ...OTHER_SERVER,
        problem,
        observed: `The list of ${items} did not end within ${MOST_PAGES} pages.`,
    });
}

// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(7975);
;// CONCATENATED MODULE: ./src/airflow/task-log.ts

/** Characters of a log that are looked at, from its end. */
const MOST_KEPT = 5_000_000;
/** Characters of a line that is shown. */
const LONGEST_LINE = 2_000;
/**
 * The lines at the end of a task's log, from the `content` of either major's JSON answer: in Airflow 3 a list of structured
 * events (or of texts), in Airflow 2 one text, which is the Python notation of a list of (host, text) pairs. What stands
 * before the last five million characters is left out, by whole lines.
 */
function readLog(content) {
    if (typeof content === 'string')
        return lines(unquote(content));
    if (!Array.isArray(content) || content.length === 0)
        return [];
    const texts = content.map((item) => (typeof item === 'string' ? item : describeEvent(item)));
    return lines(texts.map(withoutLastBreak).join('\n'));
}
/** The last lines as they may be shown, and how many were left out before them. */
function tail(log, most) {
    return { lines: log.slice(-most).map(presentable), before: Math.max(0, log.length - most) };
}
/** Without the colours of a terminal. A line is never cut: a secret that was cut is one that redaction does not know. */
function presentable(line) {
    if (line.length > LONGEST_LINE)
        return `(a line of ${line.length} characters is left out)`;
    return (0,external_node_util_.stripVTControlCharacters)(line).replaceAll('\u001b', '');
}
function describeEvent(item) {
    if (typeof item !== 'object' || item === null)
        return String(item);
    const { timestamp, level, event, error_detail: detail } = item;
    const head = [timestamp, typeof level === 'string' ? level.toUpperCase() : undefined, event]
        .filter((part) => typeof part === 'string')
        .join(' ');
    const exceptions = Array.isArray(detail) ? detail.flatMap(describeException) : [];
    return [head, ...exceptions].join('\n');
}
function describeException({ exc_type: type, exc_value: value, frames }) {
    const places = Array.isArray(frames) ? frames : [];
    return [
        ...places.map(({ filename, lineno, name }) => `  File "${String(filename)}", line ${String(lineno)}, in ${String(name)}`),
        `${String(type)}: ${String(value)}`,
    ];
}
const PYTHON_ESCAPES = { n: '\n', r: '\r', t: '\t' };
/** `[('host', 'text\nmore')]` as its text; anything else as it is. */
function unquote(content) {
    if (!content.startsWith('[('))
        return content;
    const texts = [];
    // Character by character: a regular expression for a whole text runs out of stack when it is megabytes long.
    let at = 1;
    while (content[at] === '(') {
        const host = literal(content, at + 1);
        if (host === undefined || !content.startsWith(', ', host.end))
            break;
        const text = literal(content, host.end + 2);
        if (text === undefined || content[text.end] !== ')')
            break;
        texts.push(task_log_unescape(text.inside));
        at = content.startsWith(', ', text.end + 1) ? text.end + 3 : text.end + 1;
    }
    if (texts.length === 0)
        return content;
    return [...texts, ...(content[at] === ']' ? [] : [content.slice(at)])].join('\n');
}
/** The Python literal that begins here: what is between its quotes, and where it ends. */
function literal(content, start) {
    const mark = content[start];
    if (mark !== "'" && mark !== '"')
        return undefined;
    for (let at = start + 1; at < content.length; at++) {
        if (content[at] === '\\')
            at++;
        else if (content[at] === mark)
            return { inside: content.slice(start + 1, at), end: at + 1 };
    }
    return undefined;
}
function task_log_unescape(inside) {
    return inside.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs, (_, byte, short, long, other) => {
        const hex = byte ?? short ?? long;
        if (hex !== undefined)
            return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
        return PYTHON_ESCAPES[other ?? ''] ?? other ?? '';
    });
}
const BREAK = /\r\n|[\r\n\u2028\u2029]/;
function lines(text) {
    const whole = withoutLastBreak(text);
    if (whole.length <= MOST_KEPT)
        return whole.split(BREAK);
    // The first of these lines has lost its beginning.
    const [first = '', ...rest] = whole.slice(-MOST_KEPT).split(BREAK);
    return [`(${whole.length - MOST_KEPT + first.length} characters before this are left out)`, ...rest];
}
const withoutLastBreak = (text) => (text.endsWith('\n') ? text.slice(0, -1) : text);

;// CONCATENATED MODULE: ./src/airflow/wire.ts
function readImportError(wire) {
    const id = number(wire.import_error_id);
    const file = wire_text(wire.filename);
    if (id === undefined || file === undefined)
        return undefined;
    return { id, file, failedAt: time(wire.timestamp) ?? 0, trace: wire_text(wire.stack_trace) ?? '' };
}
function readDag(major, wire) {
    const id = wire_text(wire.dag_id);
    if (id === undefined)
        return undefined;
    return {
        id,
        file: (major === 3 ? wire_text(wire.relative_fileloc) : undefined) ?? wire_text(wire.fileloc),
        isActive: major === 3 ? wire.is_stale !== true : wire.is_active === true,
        isPaused: wire.is_paused === true,
        hasImportErrors: wire.has_import_errors === true,
        parsedAt: time(wire.last_parsed_time),
        parseMs: milliseconds(number(wire.last_parse_duration)),
        bundleVersion: wire_text(wire.bundle_version),
        fileToken: wire_text(wire.file_token),
    };
}
function readDagRun(wire) {
    const id = wire_text(wire.dag_run_id);
    return id === undefined ? undefined : { id, state: wire_text(wire.state) ?? 'unknown' };
}
function readTaskInstance(wire) {
    const taskId = wire_text(wire.task_id);
    if (taskId === undefined)
        return undefined;
    return {
        taskId,
        mapIndex: number(wire.map_index) ?? -1,
        state: wire_text(wire.state),
        tryNumber: number(wire.try_number) ?? 0,
    };
}
function readHealth(wire) {
    return Object.entries(wire).flatMap(([component, state]) => {
        if (typeof state !== 'object' || state === null || !('status' in state))
            return [];
        const [, heartbeat] = Object.entries(state).find(([name]) => /^latest_\w+_heartbeat$/.test(name)) ?? [];
        return [{ component, status: wire_text(state.status), heartbeatAt: time(heartbeat) }];
    });
}
const wire_text = (value) => typeof value === 'string' && value !== '' ? value : undefined;
const number = (value) => (typeof value === 'number' ? value : undefined);
const milliseconds = (seconds) => seconds === undefined ? undefined : seconds * 1000;
/** A date and time with an offset (`Z` in Airflow 3, `+00:00` in 2). */
function time(value) {
    const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(parsed) ? undefined : parsed;
}

;// CONCATENATED MODULE: ./src/airflow/client.ts



/** What only saves time must not cost much of it. */
const LONGEST_ASKING_MS = 5_000;
/**
 * Airflow's REST API, one thin method a question, the same for majors 2 (`/api/v1`) and 3 (`/api/v2`); where they differ is
 * in the Airflow REST contract. Each method throws ActionError `ASTRO-AIRFLOW-…` when the answer is not a success.
 */
function createAirflowClient(connection) {
    const { major, root } = connection;
    const { send, json, read, all } = createAirflowApi(connection);
    const dagPath = (dagId) => `/dags/${encodeURIComponent(dagId)}`;
    const runPath = (dagId, runId) => `${dagPath(dagId)}/dagRuns/${encodeURIComponent(runId)}`;
    return {
        major,
        root,
        async version() {
            const { body } = await read('/version', 'ask Airflow for its version', 'Could not read the version of Airflow.');
            return wire_text(body.version) ?? 'unknown';
        },
        async health() {
            const path = major === 3 ? '/monitor/health' : '/health';
            const { body, serverTime: at } = await read(path, 'ask Airflow how it is', 'Could not read the health of Airflow.');
            return { components: readHealth(body), serverTime: at };
        },
        async importErrors() {
            const listed = await all({
                path: '/importErrors?order_by=import_error_id',
                items: 'import_errors',
                what: 'list the import errors',
                problem: 'Could not read the import errors of Airflow.',
                total: 'ignored',
            }, readImportError);
            const byId = new Map(listed.items.map((error) => [error.id, error]));
            return { ...listed, items: [...byId.values()] };
        },
        /** Every DAG, those included that are no longer in a file. */
        dags: () => all({
            path: `/dags?order_by=dag_id&${major === 3 ? 'exclude_stale' : 'only_active'}=false`,
            items: 'dags',
            what: 'list the DAGs',
            problem: 'Could not read the DAGs of Airflow.',
            total: 'trusted',
        }, (wire) => readDag(major, wire)),
        /** The cheapest question that Airflow answers only to a token that it accepts. */
        async proveAccess() {
            const problem = 'The token does not work on the Airflow API of this Deployment.';
            const { body } = await read('/dags?limit=1', 'try the token on the Airflow API', problem);
            if (!Array.isArray(body.dags))
                throw noList(problem, 'dags');
        },
        async dag(dagId) {
            const problem = `Could not read the DAG ${dagId}.`;
            const { body, serverTime: at } = await read(dagPath(dagId), 'read the DAG', problem);
            return { dag: required(readDag(major, body), problem), serverTime: at };
        },
        /** The text of a DAG's file as Airflow has it. */
        async dagSource(dag) {
            const name = major === 3 ? dag.id : (dag.fileToken ?? '');
            const problem = `Could not read the source of the DAG ${dag.id}.`;
            const { body } = await read(`/dagSources/${encodeURIComponent(name)}`, 'read the source of a DAG', problem);
            return required(typeof body.content === 'string' ? body.content : undefined, problem);
        },
        /** Asks Airflow to parse a DAG's file soon; it can since 2.10. */
        async parseNext({ id, fileToken = '' }) {
            await send({
                method: 'PUT',
                path: `/parseDagFile/${encodeURIComponent(fileToken)}`,
                what: 'ask for a parse of the DAG',
                problem: `Could not ask Airflow to parse the file of the DAG ${id}.`,
                repeat: 'refused',
                mostMs: LONGEST_ASKING_MS,
            });
        },
        async setPaused(dagId, isPaused) {
            await json({
                method: 'PATCH',
                path: `${dagPath(dagId)}?update_mask=is_paused`,
                what: isPaused ? 'pause the DAG' : 'unpause the DAG',
                problem: `Could not ${isPaused ? 'pause' : 'unpause'} the DAG ${dagId}.`,
                repeat: 'always',
                body: { is_paused: isPaused },
                evenIfCancelled: isPaused,
            });
        },
        /**
         * Triggers a run. A lost answer is followed by the same request: its ID is the caller's, so that Airflow refuses a
         * second run with ASTRO-AIRFLOW-CONFLICT.
         *
         * @param run.logicalDate must be named in Airflow 3; Airflow 2 takes its own time, since it does not run later ones
         */
        async triggerRun(dagId, run) {
            const problem = `Could not start a run of the DAG ${dagId}.`;
            const { body } = await json({
                method: 'POST',
                path: `${dagPath(dagId)}/dagRuns`,
                what: 'start the DAG run',
                problem,
                repeat: 'always',
                body: {
                    dag_run_id: run.id,
                    conf: run.conf,
                    note: run.note,
                    ...(major === 3 ? { logical_date: run.logicalDate.toISOString() } : {}),
                },
            });
            return required(readDagRun(body), problem);
        },
        async dagRun(dagId, runId) {
            const problem = `Could not read the run ${runId} of the DAG ${dagId}.`;
            const { body } = await read(runPath(dagId, runId), 'read the DAG run', problem);
            return required(readDagRun(body), problem);
        },
        /** Ends a run as failed, which ends its tasks. */
        async stopRun(dagId, runId) {
            await json({
                method: 'PATCH',
                path: runPath(dagId, runId),
                what: 'stop the DAG run',
                problem: `Could not stop the run ${runId} of the DAG ${dagId}.`,
                repeat: 'always',
                body: { state: 'failed' },
                evenIfCancelled: true,
            });
        },
        taskInstances: (dagId, runId) => all({
            path: `${runPath(dagId, runId)}/taskInstances?${major === 3 ? 'order_by=start_date' : ''}`,
            items: 'task_instances',
            what: 'list the tasks of the DAG run',
            problem: `Could not read the tasks of the run ${runId}.`,
            total: 'trusted',
        }, readTaskInstance),
        /** The lines of a task's log. */
        async taskLog(dagId, runId, task) {
            const query = `map_index=${task.mapIndex}&full_content=true`;
            const problem = `Could not read the log of the task ${task.taskId}.`;
            const path = `${runPath(dagId, runId)}/taskInstances/${encodeURIComponent(task.taskId)}/logs/${task.tryNumber}?${query}`;
            const { body } = await read(path, 'read the log of a task', problem);
            return readLog(body.content);
        },
    };
}

;// CONCATENATED MODULE: ./src/airflow/url.ts
/** Airflow's major version, from texts such as `3.1.8` or `2.10.5+astro.1`; undefined for Astro's `NA` and the like. */
function airflowMajor(version) {
    const major = /^(\d+)\.\d+/.exec(version)?.[1];
    return major === undefined ? undefined : Number(major);
}
/**
 * Root of a Deployment's Airflow REST API, without a trailing slash: `/api/v1` for Airflow 2, `/api/v2` from 3 on. The
 * suffix that Astro gives is not trusted, for it does not follow the version (see the Airflow REST contract).
 */
function airflowApiUrl(deployment) {
    const major = airflowMajor(deployment.airflowVersion);
    if (major === undefined)
        return withoutQuery(deployment.apiUrl);
    return airflowApiRoot(deployment.apiUrl, major);
}
/** The same for a major that is known. */
function airflowApiRoot(apiUrl, major) {
    return `${withoutQuery(apiUrl).replace(/\/api\/v[12]$/, '')}/api/${major >= 3 ? 'v2' : 'v1'}`;
}
function withoutQuery(url) {
    return url.replace(/\?.*$/, '').replace(/\/+$/, '');
}
/** The page of a DAG run in the Airflow UI, whose address (with its query) Astro gives; undefined when that is none. */
function dagRunUrl(uiUrl, major, dagId, runId) {
    if (!URL.canParse(uiUrl))
        return undefined;
    const url = new URL(uiUrl);
    const dag = `${url.pathname.replace(/\/+$/, '')}/dags/${encodeURIComponent(dagId)}`;
    url.pathname = major >= 3 ? `${dag}/runs/${encodeURIComponent(runId)}` : `${dag}/grid`;
    if (major < 3)
        url.searchParams.set('dag_run_id', runId);
    return url.href;
}

;// CONCATENATED MODULE: ./src/airflow/connect.ts






/**
 * A client for the Airflow of a Deployment. Its major is the one that Astro names; when Astro names none, Airflow is asked:
 * first as 3, then as 2. Throws `ASTRO-AIRFLOW-ADDRESS`, or what the last question failed with.
 */
async function connectAirflow(deps, deployment) {
    const base = checkedBase(deployment.apiUrl);
    const open = (major) => createAirflowClient({ ...deps, major, root: airflowApiRoot(base, major) });
    const named = airflowMajor(deployment.airflowVersion);
    if (named !== undefined)
        return open(named >= 3 ? 3 : 2);
    const newer = open(3);
    try {
        await newer.version();
        return newer;
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ))
            throw error;
        const older = open(2);
        try {
            await older.version();
            return older;
        }
        catch (other) {
            throw other instanceof src_errors/* ActionError */.lZ && isDown(other) ? other : error;
        }
    }
}
/**
 * The same; when Airflow has to be asked for its major and is down, as that of a fresh Deployment is, it is waited for.
 *
 * @param timedOut the error of a time that is over
 */
function connectOnceUp(deps, deployment, timedOut) {
    return watchAirflow(deps, {
        look: () => connectAirflow(deps, deployment),
        judge: (result) => ({ kind: 'done', result }),
        budgetMs: deps.remainingMs(),
        timedOut,
    });
}
/** The token goes to this address, so anything but https, or loopback, is refused. */
function checkedBase(apiUrl) {
    const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
    if (url && mayCarrySecrets(url))
        return apiUrl;
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-AIRFLOW-ADDRESS',
        problem: 'Astro gave no address of the Airflow API that can be used.',
        observed: url ? `It is at ${url.origin}, which does not encrypt.` : `It is "${apiUrl}".`,
        likelyCause: 'The Deployment is still being created, or `domain` names another server than Astro.',
        fix: 'Look at the Deployment in the Astro UI, and run again when it is healthy. The token was not sent.',
    });
}

;// CONCATENATED MODULE: ./src/airflow/access-token.ts



/**
 * `action: get-access-token`: hands the access token on to later steps, after it has proved to work on the Airflow API of
 * this Deployment. Throws ActionError `ASTRO-TOKEN-…` or `ASTRO-AIRFLOW-…`.
 */
async function handOnAccessToken(run) {
    const { deployment, session, outputs, secrets, log, stage, tell } = run;
    await stage('Try the token on Airflow', async () => {
        if (deployment.status === 'HIBERNATING')
            throw asleep(deployment);
        const airflow = await connected(run);
        await provedOn(airflow, run);
        log.info(`The token works on the Airflow API (major ${airflow.major}) at ${airflow.root}`);
        outputs.set({ 'airflow-api-url': airflow.root });
    });
    const token = await session.accessToken();
    secrets.hide(token);
    const expiresAt = session.expiresAt();
    const expiry = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
    outputs.set({ 'access-token': token, 'token-expires-at': expiry });
    log.info(expiry === undefined ? 'The token does not say when it expires.' : `The token is good until ${expiry}.`);
    tell({ headline: `An access token for ${deployment.name}` });
}
/** A Deployment that was just created has an Airflow that is not up yet; it is waited for when the step waits at all. */
async function connected(run) {
    const { deployment, session } = run;
    const { waitMs } = run.inputs;
    const deps = { ...run, tokens: session };
    if (waitMs === undefined)
        return connectAirflow(deps, deployment);
    return connectOnceUp({ ...deps, remainingMs: () => waitMs }, deployment, unproven(run, waitMs));
}
async function provedOn(airflow, run) {
    const { waitMs } = run.inputs;
    if (waitMs === undefined) {
        await airflow.proveAccess();
        return;
    }
    await watchAirflow(run, {
        look: () => airflow.proveAccess(),
        judge: () => ({ kind: 'done', result: undefined }),
        budgetMs: waitMs,
        timedOut: unproven(run, waitMs),
    });
}
function unproven({ deployment, target }, waitMs) {
    return (state) => new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TOKEN-UNPROVEN',
        problem: `The token could not be tried on the Airflow of ${deployment.name} within ${waitMs / 1000} s.`,
        observed: `Last seen: ${state}`,
        likelyCause: 'Airflow is still starting, or cannot be reached from this runner.',
        fix: `Look at the Deployment: ${target.url}`,
    });
}
function asleep({ name, id }) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TOKEN-HIBERNATING',
        problem: `The Airflow of ${name} (${id}) cannot be used.`,
        observed: 'The Deployment is hibernating; its Airflow is switched off.',
        fix: 'Wake it in the Astro UI (or wait for its schedule to do so), then run again.',
    });
}

;// CONCATENATED MODULE: ./src/airflow/pace.ts
const MOST = 5;
/** A second, and what the way to Airflow may take from it. */
const WITHIN_MS = 1_100;
/** Lets five requests a second begin, in the order in which they ask: an Airflow has its own work to do. */
function createPace({ now, sleep }) {
    const beginnings = [];
    return async () => {
        const at = Math.max(now(), (beginnings.at(-MOST) ?? -Infinity) + WITHIN_MS);
        beginnings.push(at);
        if (beginnings.length > MOST)
            beginnings.shift();
        const waitMs = at - now();
        if (waitMs > 0)
            await sleep(waitMs);
    };
}

;// CONCATENATED MODULE: ./src/astro/failure.ts



const astro_failure_ADVICE = {
    400: {
        code: 'ASTRO-API-REFUSED',
        likelyCause: 'Astro found the request not acceptable for this Deployment as it is now.',
        fix: 'Read what Astro says above; correct the Deployment or the inputs it names.',
    },
    401: {
        code: 'ASTRO-API-UNAUTHORIZED',
        likelyCause: 'The access token is wrong, was revoked or has expired.',
        fix: 'Create a new API token, store it as the repository secret that the workflow reads, and run again.',
    },
    403: {
        code: 'ASTRO-API-FORBIDDEN',
        likelyCause: 'The credential is valid but may not do this: its role is too small, or it is bound to another Deployment.',
        fix: 'Use an API token of this Deployment with the Deployment Admin role, or of its Workspace with the Workspace Operator role.',
    },
    404: {
        code: 'ASTRO-API-NOT-FOUND',
        likelyCause: 'It was deleted, the ID has a typing error, or the credential belongs to another Organization or Workspace and cannot see it.',
        fix: 'Compare the ID with the one that the Astro UI shows, and check which Workspace the credential belongs to.',
    },
    409: {
        code: 'ASTRO-API-CONFLICT',
        likelyCause: 'Somebody else is changing the same thing at this moment.',
        fix: 'Let the other change finish, then run again. A `concurrency` group keeps deploys of one workflow apart.',
    },
    429: {
        code: 'ASTRO-API-RATE-LIMIT',
        likelyCause: 'Many jobs use this token at the same moment.',
        fix: 'Run again later, or give each workflow a token of its own.',
    },
};
const LONGEST_ID = 200;
const failure_UNAVAILABLE = {
    code: 'ASTRO-API-UNAVAILABLE',
    likelyCause: 'Astro has a problem of its own, or a proxy on the way cannot reach it.',
    fix: 'Look at the Astro status page, and run again when it is well.',
};
/**
 * An answer with a status that means failure, as an error that says what failed and what to do. Astro refuses in JSON: a web
 * page that says "forbidden" or "not found" is from somebody else, and says nothing about the credential or the ID.
 */
function failure_refused(problem, response) {
    if (response.status < 500 && response.status !== 429 && isPage(response))
        return failure_unreadable(problem, response);
    const advice = astro_failure_ADVICE[response.status] ?? (response.status >= 500 ? failure_UNAVAILABLE : astro_failure_ADVICE[400]);
    return new src_errors/* ActionError */.lZ({ problem, observed: failure_observe(response), ...(advice ?? failure_UNAVAILABLE) });
}
/** An answer that is not what the contract promises; `detail` is a sentence on what is wrong with it. */
function failure_unreadable(problem, response, detail = '') {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-API-ANSWER',
        problem,
        observed: `${failure_observe(response)} The answer is not the JSON that Astro gives. ${detail}`.trim(),
        likelyCause: 'A proxy or a login page answered instead of Astro, or `domain` names another server.',
        fix: 'Check the `domain` input and the proxy settings of the runner.',
    });
}
/** No answer at all. */
function astro_failure_unanswered(problem, host, failure) {
    return unanswered(problem, host, failure, {
        code: 'ASTRO-API-UNREACHABLE',
        likelyCause: failure.reached
            ? 'The connection broke, or Astro is overloaded.'
            : 'The name is wrong, or a firewall or proxy stands between this runner and Astro.',
        fix: failure.reached
            ? 'Run again. If it happens again, look at the Astro status page, and at the proxy of this runner if it has one.'
            : 'Check `domain`, `https_proxy` and `no_proxy`, then run again.',
    });
}
/** Status, the server's own words and the request ID: what support will ask for. */
function failure_observe(response) {
    const body = parseErrorBody(response);
    const requestId = [body.requestId, response.headers['x-request-id']].find((id) => typeof id === 'string' && id.length <= LONGEST_ID);
    const request = requestId === undefined ? '' : ` (request ${requestId})`;
    const words = typeof body.message === 'string' && body.message !== '' ? `: ${(0,src_errors/* quoteSaid */._p)(body.message)}` : '';
    return `HTTP ${response.status}${request}${words}.${fieldErrors(body.fieldErrors)}`;
}
function fieldErrors(errors) {
    if (!Array.isArray(errors))
        return '';
    const told = errors.flatMap((error) => {
        const { field, message } = (error ?? {});
        return typeof field === 'string' && typeof message === 'string' ? [` ${field}: ${message}.`] : [];
    });
    const text = told.join('');
    return text.length <= src_errors/* LONGEST_SAID */.P2 ? text : ` It names ${told.length} fields.`;
}
function parseErrorBody(response) {
    if (!isJson(response))
        return isPage(response) ? { message: 'a web page, not JSON' } : {};
    const body = parseJson(response);
    return isObject(body) ? body : {};
}

;// CONCATENATED MODULE: ./src/astro/api.ts





const api_PAGE = 1000;
const api_MOST_PAGES = 100;
const CLIENT_NAME = 'deploy-to-astro';
/**
 * How the control plane is asked, and how its answers are read (section 8 of its contract). What it returns throws ActionError
 * (`ASTRO-API-…`) when the answer is not a success, after the retries that a call allows; a 401 gets one more try with a new
 * token.
 */
function createAstroApi({ request, apiOrigin, tokens }) {
    const call = createCaller({
        ...{ request, tokens, unanswered: astro_failure_unanswered },
        root: `${apiOrigin}/v1`,
        headers: { 'x-api-version': '1.0', 'x-astro-client-identifier': CLIENT_NAME },
    });
    async function json(asked) {
        const { problem, texts = [], redact } = asked;
        const response = await call(asked);
        if (response.status !== 200) {
            const told = redact ? { ...response, text: redact(response.text) } : response;
            throw response.status < 400 ? failure_unreadable(problem, told) : failure_refused(problem, told);
        }
        const answer = isJson(response) ? parseJson(response) : undefined;
        if (!isObject(answer))
            throw failure_unreadable(problem, response);
        const missing = texts.filter((name) => typeof answer[name] !== 'string');
        if (missing.length > 0)
            throw failure_unreadable(problem, response, `It lacks ${missing.join(', ')}.`);
        return answer;
    }
    async function all(asked, items, name = 'id') {
        const found = [];
        const separator = asked.path.includes('?') ? '&' : '?';
        const read = async (query) => {
            const answer = await json({ ...asked, path: `${asked.path}${separator}${query}` });
            const batch = answer[items];
            if (!Array.isArray(batch) || !batch.every((item) => isObject(item) && typeof item[name] === 'string')) {
                throw notAList(asked.problem, `The answer has no list of ${items}.`);
            }
            return { items: batch, total: Number(answer.totalCount) };
        };
        const endless = () => notAList(asked.problem, `The list of ${items} did not end within ${api_MOST_PAGES} pages.`);
        for await (const page of pageByPage(read, { size: api_PAGE, most: api_MOST_PAGES, endless })) {
            found.push(...page.items);
        }
        return found;
    }
    return { json, all };
}
function notAList(problem, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-API-ANSWER',
        problem,
        observed,
        likelyCause: 'Another server than Astro answered.',
        fix: 'Check the `domain` input.',
    });
}

;// CONCATENATED MODULE: ./src/secrets.ts
/**
 * What is shorter (characters) is in every text: masked, it would make `***` of half the log, and the runner would hand no
 * output of the job on that holds it. It is redacted where it stands by itself, and the runner is not told.
 */
const SHORTEST_MASKED = 4;
/**
 * @param mask tells the runner to mask a value; it is called for the value, each of its lines, and the forms in which it
 *   travels (base64, URL-encoded, JSON), because the runner's mask matches text literally.
 */
function createSecrets(mask) {
    const hidden = new Set();
    let longestFirst = [];
    return {
        hide(value) {
            const before = hidden.size;
            for (const form of formsOf(value)) {
                if (hidden.has(form))
                    continue;
                hidden.add(form);
                if (form.length >= SHORTEST_MASKED)
                    mask(form);
            }
            if (hidden.size === before)
                return;
            longestFirst = [...hidden].sort((a, b) => b.length - a.length).map(patternOf);
        },
        redact(text) {
            return longestFirst.reduce((redacted, form) => redacted.replaceAll(form, '***'), text);
        },
    };
}
/** The text itself, or, when it is a short one, no part of a word or number. */
function patternOf(form) {
    if (form.length >= SHORTEST_MASKED)
        return form;
    return new RegExp(`(?<![\\p{L}\\p{N}_])${RegExp.escape(form)}(?![\\p{L}\\p{N}_])`, 'gu');
}
/**
 * Lines of a few characters are left out when the value has more than one: masking every `}` or `foo` of a multi-line
 * secret would make the log unreadable and hide nothing.
 */
function formsOf(value) {
    const whole = value.trim();
    if (whole === '')
        return [];
    const lines = whole
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line.length >= SHORTEST_MASKED);
    const plain = new Set([value, whole, ...lines].filter((text) => text !== ''));
    const travelling = [...plain].flatMap((text) => [
        encodeURIComponent(text),
        Buffer.from(text).toString('base64'),
        Buffer.from(text).toString('base64url'),
        JSON.stringify(text).slice(1, -1),
    ]);
    return [...plain, ...travelling];
}

;// CONCATENATED MODULE: ./src/astro/without-values.ts

/** Takes the values of variables out of a text; very short ones where they stand by themselves. */
function withoutValues(variables) {
    const values = createSecrets(() => undefined);
    for (const { value = '' } of variables)
        values.hide(value);
    return values.redact;
}

;// CONCATENATED MODULE: ./src/astro/client.ts


const DEPLOYMENT_TEXTS = ['id', 'name', 'workspaceId', 'status', 'airflowVersion', 'apiUrl', 'uiUrl'];
const DEPLOY_TEXTS = ['id', 'status'];
/**
 * The control plane, one thin method per endpoint (sections 2, 3 and 8 of its contract). Each method throws ActionError
 * (`ASTRO-API-…`) when the answer is not a success, after the retries that the contract's table allows.
 */
function createAstroClient(connection) {
    const { json, all } = createAstroApi(connection);
    const deployments = (organizationId) => `/organizations/${encodeURIComponent(organizationId)}/deployments`;
    const deployment = (target) => `${deployments(target.organizationId)}/${encodeURIComponent(target.id)}`;
    const deploy = (target, deployId) => `${deployment(target)}/deploys/${encodeURIComponent(deployId)}`;
    return {
        listOrganizations: () => all({
            method: 'GET',
            path: '/organizations',
            what: 'list the Organizations',
            problem: 'Could not find out which Organization the credential belongs to.',
            repeat: 'always',
        }, 'organizations'),
        /** Deployments that the credential sees, narrowed on the server and, since its filters may be loose, by the caller. */
        listDeployments: (organizationId, filter) => {
            const query = new URLSearchParams();
            if (filter.name !== undefined)
                query.append('names', filter.name);
            if (filter.workspaceId !== undefined)
                query.append('workspaceIds', filter.workspaceId);
            const suffix = query.size > 0 ? `?${query.toString()}` : '';
            return all({
                method: 'GET',
                path: `${deployments(organizationId)}${suffix}`,
                what: 'list the Deployments',
                problem: 'Could not list the Deployments.',
                repeat: 'always',
            }, 'deployments');
        },
        getDeployment: (target) => json({
            method: 'GET',
            path: deployment(target),
            what: 'read the Deployment',
            problem: `Could not read the Deployment ${target.id}.`,
            repeat: 'always',
            texts: DEPLOYMENT_TEXTS,
        }),
        /**
         * Replaces every setting. Sent again only when it cannot have had an effect: after an unclear answer the caller reads the
         * Deployment first.
         */
        updateDeployment: (target, body) => json({
            method: 'POST',
            path: deployment(target),
            what: 'update the Deployment',
            problem: `Could not update the Deployment ${target.id}.`,
            repeat: 'refused',
            body,
            texts: DEPLOYMENT_TEXTS,
            redact: withoutValues(body.environmentVariables),
        }),
        /** Objects of the Environment Manager that a Deployment has, its own and those linked to it, without secret values. */
        listEnvironmentObjects: (target) => all({
            method: 'GET',
            path: `/organizations/${encodeURIComponent(target.organizationId)}/environment-objects?${new URLSearchParams({ deploymentId: target.id, resolveLinked: 'true' }).toString()}`,
            what: 'list the environment objects',
            problem: `Could not list the environment objects of the Deployment ${target.id}.`,
            repeat: 'always',
        }, 'environmentObjects', 'objectKey'),
        /** What Astro offers this Deployment, such as runtime versions. */
        getDeploymentOptions: (target) => json({
            method: 'GET',
            path: `/organizations/${encodeURIComponent(target.organizationId)}/deployment-options?deploymentId=${encodeURIComponent(target.id)}`,
            what: 'read which runtime versions Astro offers',
            problem: `Could not read which runtime versions Astro offers the Deployment ${target.id}.`,
            repeat: 'always',
        }),
        listDeploys: (target) => all({
            method: 'GET',
            path: `${deployment(target)}/deploys`,
            what: 'list the deploys',
            problem: `Could not list the deploys of the Deployment ${target.id}.`,
            repeat: 'always',
        }, 'deploys'),
        getDeploy: (target, deployId) => json({
            method: 'GET',
            path: deploy(target, deployId),
            what: 'read the deploy',
            problem: `Could not read the deploy ${deployId}.`,
            repeat: 'always',
            texts: DEPLOY_TEXTS,
        }),
        /** A lost answer leaves at worst an unused INITIALIZED row behind, so it is sent again. */
        createDeploy: (target, body) => json({
            method: 'POST',
            path: `${deployment(target)}/deploys`,
            what: 'create the deploy',
            problem: `Could not create a deploy on the Deployment ${target.id}.`,
            repeat: 'unanswered',
            body,
            texts: DEPLOY_TEXTS,
        }),
        /** Whether a second finalize is accepted is not documented: the caller reads the deploy when the answer is unclear. */
        finalizeDeploy: (target, deployId, body) => json({
            method: 'POST',
            path: `${deploy(target, deployId)}/finalize`,
            what: 'finalize the deploy',
            problem: `Could not finalize the deploy ${deployId}.`,
            repeat: 'refused',
            body,
            texts: DEPLOY_TEXTS,
        }),
        /**
         * Asks for a new deploy that brings back the code of an earlier one (section 9). A second request would be a second
         * rollback: the caller looks for a new deploy with this `rollbackFromId` when the answer is unclear.
         */
        rollbackDeploy: (target, deployId, body) => json({
            method: 'POST',
            path: `${deploy(target, deployId)}/rollback`,
            what: 'ask for the rollback',
            problem: `Could not roll back to the deploy ${deployId}.`,
            repeat: 'refused',
            body,
            texts: DEPLOY_TEXTS,
        }),
    };
}

;// CONCATENATED MODULE: ./src/astro/target.ts

const MOST_SHOWN = 10;
/**
 * Finds out which Deployment the inputs ask for: by ID, by exact name, or the only one that the credential is bound to.
 * Throws `ASTRO-TARGET-…` when there is none or more than one.
 */
async function locateDeployment(astro, session, wish) {
    const organizationId = await findOrganization(astro, session, wish.organizationId);
    return { organizationId, id: await findId(astro, session, wish, organizationId) };
}
/** Reads the Deployment. Throws `ASTRO-TARGET-WORKSPACE` when it is in another Workspace than named. */
async function readDeployment(astro, path, wish) {
    const deployment = await astro.getDeployment(path);
    if (wish.workspaceId !== undefined && deployment.workspaceId !== wish.workspaceId) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-TARGET-WORKSPACE',
            problem: `The Deployment ${deployment.name} (${deployment.id}) is not in the Workspace that the step names.`,
            observed: `It is in ${deployment.workspaceId}; \`workspace\` says ${wish.workspaceId}.`,
            likelyCause: 'The ID of the Deployment or of the Workspace was copied from another environment.',
            fix: 'Correct `workspace` or `deployment-id`.',
        });
    }
    return deployment;
}
async function findOrganization(astro, session, wished) {
    const own = session.bound.organizationId;
    if (wished !== undefined && own !== undefined && wished !== own) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-TARGET-ORGANIZATION',
            problem: 'The token belongs to another Organization than the step names.',
            observed: `The token says ${own}; \`organization-id\` says ${wished}.`,
            fix: 'Leave `organization-id` out, or use a token of that Organization.',
        });
    }
    const known = wished ?? own;
    if (known !== undefined)
        return known;
    const organizations = await astro.listOrganizations().catch((error) => {
        throw error instanceof src_errors/* ActionError */.lZ && error.code === 'ASTRO-API-FORBIDDEN' ? mayNotList(error) : error;
    });
    const [only] = organizations;
    if (only && organizations.length === 1)
        return only.id;
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TARGET-ORGANIZATION',
        problem: 'Could not tell which Organization to work in.',
        observed: organizations.length === 0
            ? 'The credential sees none.'
            : `The credential sees ${organizations.length}: ${(0,src_errors/* listSome */.XT)(organizations.map(nameAndId), MOST_SHOWN)}.`,
        fix: 'Name one with the input `organization-id`.',
    });
}
/** Astro's own text says that only a user may list Organizations; a token that names its Organization need not. */
function mayNotList(error) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TARGET-ORGANIZATION',
        problem: 'Could not find out which Organization to work in.',
        observed: error.observed,
        likelyCause: 'This kind of credential may not list Organizations, and does not say which one it is for.',
        fix: 'Name the Organization with the input `organization-id`; its settings in the Astro UI show the ID.',
        cause: error,
    });
}
async function findId(astro, session, { target, workspaceId }, organizationId) {
    switch (target.kind) {
        case 'id':
            return target.id;
        case 'name': {
            const listed = await astro.listDeployments(organizationId, { name: target.name, workspaceId });
            const matches = listed.filter((one) => one.name === target.name && (workspaceId === undefined || one.workspaceId === workspaceId));
            const [only] = matches;
            if (only && matches.length === 1)
                return only.id;
            if (only)
                throw ambiguous(target.name, matches);
            throw unknownName(target.name, await astro.listDeployments(organizationId, { workspaceId }));
        }
        case 'bound': {
            if (session.bound.deploymentId !== undefined)
                return session.bound.deploymentId;
            if (session.kind !== 'api-key')
                throw unbound(session.kind);
            const visible = await astro.listDeployments(organizationId, {});
            const inWorkspace = visible.filter((one) => one.workspaceId === workspaceId);
            // One in another Workspace is taken as well: whoever reads it then says what is wrong.
            const candidates = inWorkspace.length > 0 ? inWorkspace : visible;
            const [only] = candidates;
            if (only && candidates.length === 1)
                return only.id;
            throw unbound(session.kind, visible);
        }
    }
}
function ambiguous(name, matches) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TARGET-AMBIGUOUS',
        problem: `More than one Deployment is named ${name}.`,
        observed: `${(0,src_errors/* listSome */.XT)(matches.map(({ id, workspaceId }) => `${id} in the Workspace ${workspaceId}`), MOST_SHOWN, '; ')}.`,
        fix: 'Use `deployment-id`, or narrow the search with `workspace`.',
    });
}
function unknownName(name, visible) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TARGET-NOT-FOUND',
        problem: `No Deployment is named ${name}.`,
        observed: whatIsVisible(visible),
        likelyCause: 'The name has a typing error (upper and lower case count), or the credential belongs elsewhere.',
        fix: 'Correct `deployment-name`, or use `deployment-id`.',
    });
}
function unbound(kind, visible) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TARGET-MISSING',
        problem: 'The step does not say which Deployment to act on.',
        observed: visible
            ? whatIsVisible(visible)
            : `The credential is ${kind === 'user-token' ? "a user's token" : 'an API token that is not bound to one Deployment'}.`,
        likelyCause: 'A variable that should hold the ID is not set, and reads as an empty text.',
        fix: 'Set `deployment-id` or `deployment-name`.',
    });
}
function whatIsVisible(visible) {
    if (visible.length === 0)
        return 'The credential sees no Deployment at all.';
    return `The credential sees ${visible.length.toLocaleString('en')}: ${(0,src_errors/* listSome */.XT)(visible.map(nameAndId), MOST_SHOWN)}.`;
}
const nameAndId = ({ name, id }) => `${name} (${id})`;

;// CONCATENATED MODULE: ./src/auth/describe.ts
const DAY_MS = 24 * 3_600_000;
const WARN_BEFORE_MS = 7 * DAY_MS;
/**
 * What a user wants to know of the credential: one line for the log, and a warning when an API token has less than a week
 * to live, so that it is replaced before a deploy fails at night. Names no secret.
 */
function describeSession(session, now) {
    const expiresAt = session.expiresAt();
    const until = expiresAt === undefined ? '' : `, good until ${new Date(expiresAt).toISOString()}`;
    switch (session.kind) {
        case 'api-key':
            return { line: `Exchanged the API key for an access token${until}.`, warning: undefined };
        case 'user-token':
            return { line: `Using a user's token${until}.`, warning: undefined };
        case 'api-token': {
            const soon = expiresAt !== undefined && expiresAt - now < WARN_BEFORE_MS;
            return {
                line: `Using an API token${until}.`,
                warning: soon
                    ? `The API token expires ${inDays(expiresAt - now)}. Create a new one in the Astro UI and update the secret.`
                    : undefined,
            };
        }
    }
}
function inDays(ms) {
    const days = Math.floor(ms / DAY_MS);
    if (days < 1)
        return 'within a day';
    return days === 1 ? 'in a day' : `in ${days} days`;
}

;// CONCATENATED MODULE: ./src/auth/claims.ts
/** Reads a JWT's claims; undefined when the text is not a JWT. Unknown permissions are ignored. */
function readClaims(token) {
    const [, encoded] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
    const payload = encoded === undefined ? undefined : parseObject(encoded);
    if (!payload)
        return undefined;
    const permissions = Array.isArray(payload.permissions)
        ? payload.permissions.filter((entry) => typeof entry === 'string')
        : undefined;
    const permitted = (kind) => permissions?.find((entry) => entry.startsWith(`${kind}:`))?.slice(kind.length + 1);
    return {
        permissions,
        expiresAt: typeof payload.exp === 'number' ? new Date(payload.exp * 1000) : undefined,
        tokenId: typeof payload.apiTokenId === 'string' ? payload.apiTokenId : undefined,
        organizationId: permitted('organizationId'),
        workspaceId: permitted('workspaceId'),
        deploymentId: permitted('deploymentId'),
    };
}
function parseObject(base64url) {
    try {
        const parsed = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
        const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
        return isObject ? parsed : undefined;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/auth/exchange.ts





/** The audience that Deployment API keys are issued for; not the one that auth-config names. */
const API_KEY_AUDIENCE = 'astronomer-ee';
const AUTH_CONFIG_PATH = '/private/v1alpha1/cli/auth-config';
const DEFAULT_LIFETIME_SECONDS = 3600;
const OPAQUE = 'The answer is not what an Astro login service gives.';
/**
 * Asks an Astro for the address of its login service (section 1.4 of the control plane's contract). Throws
 * `ASTRO-AUTH-DISCOVERY`, `ASTRO-AUTH-UNREACHABLE`, or `ASTRO-API-…` when Astro has a problem of its own. The secret goes to that address, so anything but https, or loopback, is refused.
 */
async function discoverTokenUrl(request, apiOrigin) {
    const problem = `Could not find the login service of ${apiOrigin}.`;
    const response = await answered(problem, apiOrigin, () => request({
        what: 'find the login service',
        method: 'GET',
        url: apiOrigin + AUTH_CONFIG_PATH,
        headers: { accept: 'application/json', 'x-astro-client-identifier': 'cli' },
        repeat: 'always',
        expectJson: true,
    }));
    if (response.status === 429 || response.status >= 500)
        throw failure_refused(problem, response);
    const domainUrl = response.status === 200 ? stringField(response, 'domainUrl') : undefined;
    const base = domainUrl?.endsWith('/') ? domainUrl : `${domainUrl ?? ''}/`;
    if (!/^https?:/i.test(base) || !URL.canParse(base))
        throw discoveryFailed(problem, response);
    const url = new URL('oauth/token', base);
    if (!mayCarrySecrets(url)) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-AUTH-DISCOVERY',
            problem,
            observed: `It is said to be at ${url.origin}, which does not encrypt.`,
            likelyCause: 'Another server than Astro answered.',
            fix: 'Check the `domain` input. The key was not sent.',
        });
    }
    return url.href;
}
/**
 * Exchanges a Deployment API key for an access token (client credentials, form-encoded). `hide` gets the token before
 * anything else sees it. Throws `ASTRO-AUTH-KEY-REJECTED`, `ASTRO-AUTH-EXCHANGE` or `ASTRO-AUTH-UNREACHABLE`.
 */
async function exchangeKey(deps, tokenUrl, key) {
    const problem = 'Could not exchange the API key for an access token.';
    const askedAt = deps.now();
    const response = await answered(problem, new URL(tokenUrl).origin, () => deps.request({
        what: 'exchange the API key for an access token',
        method: 'POST',
        url: tokenUrl,
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
            client_id: key.keyId,
            client_secret: key.keySecret,
            audience: API_KEY_AUDIENCE,
            grant_type: 'client_credentials',
        }).toString(),
        repeat: 'always',
        expectJson: true,
    }));
    const token = response.status === 200 ? stringField(response, 'access_token') : undefined;
    if (token !== undefined && token !== '') {
        deps.hide(token);
        const lifetime = Number(objectIn(response)?.expires_in);
        const seconds = Number.isFinite(lifetime) && lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS;
        return { token, expiresAt: askedAt + seconds * 1000 };
    }
    throw rejection(problem, response);
}
function rejection(problem, response) {
    if ([400, 401, 403].includes(response.status) && objectIn(response)) {
        return new src_errors/* ActionError */.lZ({
            code: 'ASTRO-AUTH-KEY-REJECTED',
            problem,
            observed: describeAnswer(response),
            likelyCause: 'The key ID or secret is wrong, or the key or its Deployment was deleted (the answer is the same). Astronomer retired ' +
                'Deployment API keys in June 2024 in favour of API tokens, so an old key may no longer work at all. Runs from forks ' +
                'and from Dependabot receive no repository secrets.',
            fix: 'Check the repository secrets that `key-id` and `key-secret` read. Better: create a Deployment API token in the Astro ' +
                'UI, store it as a secret, and pass it as `api-token`.',
        });
    }
    if (response.status === 429 || response.status >= 500)
        return failure_refused(problem, response);
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-AUTH-EXCHANGE',
        problem,
        observed: describeAnswer(response),
        likelyCause: 'The login service has a problem, or a proxy answered in its place.',
        fix: 'Check `domain` and the proxy settings of the runner, then run again.',
    });
}
function describeAnswer(response) {
    if (!objectIn(response))
        return `${failure_observe(response)} ${OPAQUE}`;
    const said = stringField(response, 'error_description') ?? stringField(response, 'error');
    const words = said === undefined ? '' : `: ${(0,src_errors/* quoteSaid */._p)(said)}`;
    const nothing = response.status === 200 ? ' There is no access token in it.' : '';
    return `The login service answered HTTP ${response.status}${words}.${nothing}`;
}
function discoveryFailed(problem, response) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-AUTH-DISCOVERY',
        problem,
        observed: `${failure_observe(response)} ${OPAQUE}`,
        likelyCause: '`domain` names a server that is not Astro, or a proxy or a login page answered in its place.',
        fix: 'Check the `domain` input (leave it out for astronomer.io) and the proxy settings of the runner.',
    });
}
async function answered(problem, origin, ask) {
    try {
        return await ask();
    }
    catch (error) {
        if (!(error instanceof HttpFailure))
            throw error;
        throw unanswered(problem, origin, error, {
            code: 'ASTRO-AUTH-UNREACHABLE',
            likelyCause: 'The domain is wrong, or a firewall or proxy stands between this runner and Astro.',
            fix: 'Check `domain`, `https_proxy` and `no_proxy`, then run again.',
        });
    }
}
function stringField(response, name) {
    const value = objectIn(response)?.[name];
    return typeof value === 'string' ? value : undefined;
}
function objectIn(response) {
    const body = parseJson(response);
    return isObject(body) ? body : undefined;
}

;// CONCATENATED MODULE: ./src/auth/session.ts



/** An exchanged token is replaced when it has less than this left; a call that takes longer meets a 401, and renews. */
const RENEWAL_MARGIN_MS = 60_000;
/**
 * Opens a session. A key pair is exchanged at once, so that a bad key fails before anything else happens; a token is
 * read, not sent. Throws `ASTRO-AUTH-…`.
 */
async function openSession(deps, credentials) {
    switch (credentials.kind) {
        case 'key-pair':
            return keySession(deps, credentials);
        case 'token':
            return tokenSession(credentials.token, deps.now());
    }
}
async function keySession(deps, key) {
    const tokenUrl = await discoverTokenUrl(deps.request, deps.apiOrigin);
    let current = await exchangeKey(deps, tokenUrl, key);
    let exchangedAt = deps.now();
    /** Calls run side by side: whoever comes while an exchange is under way waits for that one. */
    let underWay;
    const exchange = () => {
        underWay ??= exchangeKey(deps, tokenUrl, key)
            .then((fresh) => {
            current = fresh;
            exchangedAt = deps.now();
        })
            .finally(() => {
            underWay = undefined;
        });
        return underWay;
    };
    const claims = readClaims(current.token);
    return {
        kind: 'api-key',
        bound: {
            organizationId: claims?.organizationId,
            workspaceId: claims?.workspaceId,
            deploymentId: claims?.deploymentId,
        },
        expiresAt: () => current.expiresAt,
        async accessToken() {
            const lifetime = current.expiresAt - exchangedAt;
            const margin = Math.min(RENEWAL_MARGIN_MS, lifetime / 2);
            if (deps.now() >= current.expiresAt - margin)
                await exchange();
            return current.token;
        },
        async renew(refused) {
            // A call that went out with the token before, and was refused late, finds a newer one.
            if (refused === current.token)
                await exchange();
            return true;
        },
    };
}
function tokenSession(token, now) {
    const claims = readClaims(token);
    if (!claims) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-AUTH-MALFORMED',
            problem: 'The API token is not a token.',
            observed: `It has ${token.length} characters${/\s/.test(token) ? ', white space among them,' : ''} and is not a JSON Web Token (three parts joined by dots).`,
            likelyCause: 'Another secret was stored under this name, the token was cut when it was copied, or something was copied with it ' +
                '(quotes, the word Bearer, a line break).',
            fix: 'Create an API token in the Astro UI and store it whole as the repository secret.',
        });
    }
    if (claims.permissions?.length === 0) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-AUTH-NO-PERMISSIONS',
            problem: 'The token is not an Astro API token.',
            observed: 'It lists no permissions.',
            likelyCause: 'It was issued for something else.',
            fix: 'Create a Deployment, Workspace or Organization API token in the Astro UI.',
        });
    }
    refuseExpired(claims, now);
    return {
        kind: claims.permissions ? 'api-token' : 'user-token',
        bound: claims,
        expiresAt: () => claims.expiresAt?.getTime(),
        accessToken: () => Promise.resolve(token),
        renew: () => Promise.resolve(false),
    };
}
function refuseExpired(claims, now) {
    if (!claims.expiresAt || claims.expiresAt.getTime() > now)
        return;
    const name = claims.tokenId ? `The API token ${claims.tokenId}` : 'The token';
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-AUTH-EXPIRED',
        problem: `${name} has expired.`,
        observed: `It was good until ${claims.expiresAt.toISOString()}.`,
        likelyCause: claims.permissions
            ? 'API tokens live as long as was chosen when they were created.'
            : 'It is a user token, which lives for 24 hours.',
        fix: 'Create a new API token in the Astro UI and store it as the repository secret that this workflow reads.',
    });
}

;// CONCATENATED MODULE: ./src/report/markdown.ts
/** Any text as one that shows as itself in GitHub's Markdown, also in a table cell. */
function escapeMarkdown(text) {
    return text
        .replace(/&/g, '&amp;')
        .replace(/</g, '&lt;')
        .replace(/>/g, '&gt;')
        .replace(/[\\`*_{}[\]#|~@]/g, (character) => `&#${character.charCodeAt(0)};`)
        .replace(/\r?\n/g, ' ');
}
/** A text in code font, whatever backticks it holds. */
function code(text) {
    return `<code>${escapeMarkdown(text)}</code>`;
}
/** A link; the address is one that we made or that Astro gave, and is dropped unless it is http(s). */
function markdown_link(label, url) {
    return url !== undefined && /^https?:\/\/[^\s()<>]+$/.test(url)
        ? `[${escapeMarkdown(label)}](${url})`
        : escapeMarkdown(label);
}
/**
 * Two-column tables without a visible head, none at all when every value is undefined; such rows are left out. Values are
 * Markdown already.
 */
function factTable(rows) {
    const shown = rows.filter((row) => row[1] !== undefined);
    if (shown.length === 0)
        return [];
    return [['| | |', '|---|---|', ...shown.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')];
}

;// CONCATENATED MODULE: ./src/report/environment.ts

const SIGNS = { added: '+', changed: '~', removed: '-' };
const kindOf = ({ isSecret }) => (isSecret ? 'secret' : 'plain');
const describe = ({ kind, note }) => (note === undefined ? kind : `${kind}: ${note}`);
/** How many variables a plan changes in which way, in one sentence without an end. */
function countChanges({ changes, unchanged }) {
    const count = (kind) => changes.filter((change) => change.kind === kind).length;
    return `${count('added')} added, ${count('changed')} changed, ${count('removed')} removed, ${unchanged} unchanged`;
}
/** A plan as lines of the log: a table of names, never of values. */
function environmentLines(plan) {
    const width = Math.max(...plan.changes.map(({ key }) => key.length));
    return [
        `Environment variables: ${countChanges(plan)}`,
        ...plan.changes.map((change) => `  ${SIGNS[change.kind]} ${change.key.padEnd(width)}  ${kindOf(change).padEnd(6)}  ${describe(change)}`),
    ];
}
/** A plan as Markdown: a table of names, never of values. */
function environmentTable(plan) {
    const title = `Environment variables: ${countChanges(plan)}`;
    if (plan.changes.length === 0)
        return title;
    const rows = plan.changes.map((change) => `| ${code(change.key)} | ${kindOf(change)} | ${escapeMarkdown(describe(change))} |`);
    return [title, '', '| Variable | Kind | Change |', '|---|---|---|', ...rows].join('\n');
}

;// CONCATENATED MODULE: ./src/environment/compare.ts
/** Moves by itself: times, who did it, and how the Deployment is doing. */
const MOVING = [
    /^(?:updatedAt|updatedBy|status|statusReason|scalingStatus)\b/,
    /^scalingSpec\.hibernationSpec\.override\.isActive$/,
];
/** What runs is changed by deploys, which may end at any moment; no update of settings carries it. */
const RUNNING = /^(?:imageTag|imageVersion|dagTarballVersion|desiredDagTarballVersion|astroRuntimeVersion|runtimeVersion|airflowVersion|webServerAirflowApiUrl|apiUrl)$/;
/**
 * Every setting that differs between two looks at a Deployment, but for the variables; and what runs, apart. Nothing, an
 * empty text and an empty list count as the same; so do remote execution that is off and none. The order of lists counts
 * where it means something.
 */
function compareSettings(before, after) {
    const [old, now] = [flatten(before), flatten(after)];
    const differences = [...new Set([...old.keys(), ...now.keys()])]
        .filter((field) => old.get(field) !== now.get(field) && !MOVING.some((pattern) => pattern.test(field)))
        .map((field) => ({ field, before: old.get(field), after: now.get(field) }));
    return {
        settings: differences.filter(({ field }) => !RUNNING.test(field)),
        running: differences.filter(({ field }) => RUNNING.test(field)),
    };
}
/** Whether a Deployment has exactly the variables of an update, as far as answers show them. */
function compareVariables(wanted, found) {
    const present = new Map(found.map((variable) => [variable.key, variable]));
    const expected = new Set(wanted.map(({ key }) => key));
    return {
        missing: wanted.filter(({ key }) => !present.has(key)).map(({ key }) => key),
        unexpected: found.filter(({ key }) => !expected.has(key)).map(({ key }) => key),
        different: wanted
            .filter(({ key, isSecret, value }) => {
            const other = present.get(key);
            if (!other)
                return false;
            return other.isSecret !== isSecret || (!isSecret && (other.value ?? '') !== (value ?? ''));
        })
            .map(({ key }) => key),
    };
}
function areSame({ missing, unexpected, different }) {
    return missing.length + unexpected.length + different.length === 0;
}
/** The leaves of a Deployment by their path, as JSON. */
function flatten(deployment) {
    const leaves = new Map();
    const { remoteExecution: remote } = deployment;
    const settings = {
        ...deployment,
        environmentVariables: undefined,
        remoteExecution: remote?.enabled ? remote : undefined,
    };
    collect(settings, '', leaves);
    return leaves;
}
function collect(value, path, leaves) {
    if (value === undefined || value === null || value === '')
        return;
    if (Array.isArray(value)) {
        collectItems(value, path, leaves);
    }
    else if (typeof value === 'object') {
        for (const [name, inner] of Object.entries(value)) {
            collect(inner, path === '' ? name : `${path}.${name}`, leaves);
        }
    }
    else {
        leaves.set(path, JSON.stringify(value));
    }
}
/** Lists of texts are sets; items with a name (queues) are known by it; others by their place. */
function collectItems(items, path, leaves) {
    if (items.length === 0)
        return;
    if (items.every((item) => typeof item === 'string')) {
        leaves.set(path, JSON.stringify([...items].sort()));
        return;
    }
    items.forEach((item, index) => {
        const name = typeof item === 'object' && item !== null && 'name' in item ? String(item.name) : index;
        collect(item, `${path}[${name}]`, leaves);
    });
}

;// CONCATENATED MODULE: ./src/environment/apply-failure.ts


const apply_failure_name = (deployment) => `the Deployment ${deployment.name} (${deployment.id})`;
/** The credential lacks the right to change settings. */
function mayNotUpdate({ observed, cause }, kind) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-FORBIDDEN',
        problem: 'The credential may not change the environment variables of the Deployment.',
        observed,
        likelyCause: kind === 'api-key'
            ? 'Changing them needs the permission deployment.update. Deployment API keys may deploy code, but not always change settings.'
            : 'Changing them needs the permission deployment.update, which its role does not have.',
        fix: kind === 'api-key'
            ? 'Use an API token of the Deployment with the role Deployment Admin as `api-token`, in place of the API key.'
            : 'Give the token a role with that permission (Deployment Admin, or Workspace Operator), or use another one.',
        cause,
    });
}
/** `replace` would remove what was added after the plan was shown. */
function changedMeanwhile(keys) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-CHANGED-MEANWHILE',
        problem: 'Variables were added to the Deployment after the plan was shown, and `replace` would remove them.',
        observed: `Not in the plan: ${keys.join(', ')}.`,
        likelyCause: 'Another run, or somebody in the UI or the CLI, changes the variables at the same time.',
        fix: 'Add them to the variables of this step if they should stay, then run again.',
    });
}
/** Somebody else writes another list each time. */
function notAsPlanned(after, plan) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-NOT-AS-PLANNED',
        problem: `The environment variables of ${apply_failure_name(after)} are not as planned after the update.`,
        observed: describeVariables(after, plan),
        likelyCause: 'Another run, or somebody in the UI or Terraform, keeps writing them at the same time.',
        fix: 'Let the other change finish, then run again. A `concurrency` group keeps two runs of one workflow apart.',
    });
}
/** The list was as planned, and is not any more. */
function overwritten(after, plan) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-OVERWRITTEN',
        problem: `The environment variables of ${apply_failure_name(after)} were changed again by somebody else while it restarted.`,
        observed: describeVariables(after, plan),
        likelyCause: 'Another run, the UI or Terraform wrote a list that it had read before this update.',
        fix: 'Compare the variables in the Astro UI, then run again. A `concurrency` group keeps two runs of one workflow apart.',
    });
}
function describeVariables(after, plan) {
    const { missing, unexpected, different } = compareVariables(plan.variables, after.environmentVariables ?? []);
    return [
        missing.length > 0 ? `Missing: ${missing.join(', ')}.` : '',
        unexpected.length > 0 ? `Not expected: ${unexpected.join(', ')}.` : '',
        different.length > 0 ? `With another value or kind: ${different.join(', ')}.` : '',
    ]
        .filter(Boolean)
        .join(' ');
}
/** The update changed what it carried along. */
function settingsChanged(after, differences) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-SETTINGS',
        problem: `Settings of ${apply_failure_name(after)} changed that the update of its environment variables should have left alone.`,
        observed: differences
            .map(({ field, before, after: now }) => `${field} was ${before ?? 'not set'} and is ${now ?? 'not set'}.`)
            .join('\n'),
        likelyCause: 'Somebody changed them at the same moment, or Astro has a setting that this version of the action does not carry.',
        fix: 'Set them back in the Astro UI if nobody meant to change them, and open an issue with this message.',
    });
}
/** Objects of the Environment Manager are linked no more. */
function linksLost(after, lost) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-LINKS',
        problem: `Objects of the Environment Manager are no longer linked to ${apply_failure_name(after)} after the update of its variables.`,
        observed: `Lost: ${lost.join(', ')}.`,
        likelyCause: 'Somebody removed the links at the same moment, or Astro dropped them with the update.',
        fix: 'Link them again in the Environment Manager of the Workspace, and open an issue with this message.',
    });
}

;// CONCATENATED MODULE: ./src/environment/linked.ts

/** Answers that mean "not for this credential" or "not here": then the objects are none of our business. */
const NOT_OURS = new Set(['ASTRO-API-FORBIDDEN', 'ASTRO-API-NOT-FOUND', 'ASTRO-API-REFUSED']);
/**
 * The objects of the Environment Manager that reach a Deployment; undefined when the credential may not see them. Throws
 * the client's error when Astro gives no answer.
 */
async function readEnvironmentObjects({ astro, log, }, target) {
    try {
        return await astro.listEnvironmentObjects(target);
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || !NOT_OURS.has(error.code))
            throw error;
        log.info('The credential may not see the Environment Manager, so its objects are not compared.');
        return undefined;
    }
}
/** A warning that names the keys which the Environment Manager sets as well, or undefined. */
function sameKeysWarning(objects, wished) {
    const keys = new Set(wished.map(({ key }) => key));
    const doubled = objects
        .filter(({ objectType, objectKey }) => objectType === 'ENVIRONMENT_VARIABLE' && keys.has(objectKey))
        .map((object) => `${object.objectKey} (${describeOrigin(object)})`);
    if (doubled.length === 0)
        return undefined;
    return `The Environment Manager sets the same environment variables for this Deployment: ${doubled.join(', ')}. Which value wins is not documented; keep each variable in one place.`;
}
/** The linked objects of before that are linked no more, in words. */
function lostLinks(before, after) {
    const left = new Set(after.map(identify));
    return before
        .filter((object) => isLinked(object) && !left.has(identify(object)))
        .map((object) => `${object.objectKey} (${object.objectType.toLowerCase().replaceAll('_', ' ')}, ${describeOrigin(object)})`);
}
const isLinked = ({ sourceScope }) => sourceScope !== undefined;
function describeOrigin({ sourceScope, sourceScopeEntityId }) {
    return sourceScope === undefined
        ? "the Deployment's own"
        : `linked from the ${sourceScope === 'WORKSPACE' ? 'Workspace' : 'Deployment'} ${sourceScopeEntityId ?? ''}`.trim();
}
function identify({ objectType, objectKey, sourceScope, sourceScopeEntityId }) {
    return JSON.stringify([objectType, objectKey, sourceScope, sourceScopeEntityId]);
}

;// CONCATENATED MODULE: ./src/environment/plan.ts

/**
 * What a wish means for the variables of a Deployment (section 6.1 of the control plane's contract). The value of a stored
 * secret cannot be read: a secret that is given always counts as changed, and one that is not mentioned is carried without
 * a value, which keeps it. Throws `ASTRO-ENV-SECRET-TO-PLAIN`. A pure function.
 */
function planEnvironment(current, { mode, variables: wished }) {
    refuseUnveiling(current, wished);
    const wishes = new Map(wished.map((variable) => [variable.key, variable]));
    const known = new Set(current.map(({ key }) => key));
    const stored = current.map((variable) => settle(variable, wishes.get(variable.key), mode));
    const added = wished
        .filter(({ key }) => !known.has(key))
        .map((variable) => {
        const { key, isSecret } = variable;
        return { change: { key, kind: 'added', isSecret }, request: requestOf(variable) };
    });
    const settled = [...stored, ...added];
    return {
        changes: settled.flatMap(({ change }) => change ?? []),
        unchanged: settled.filter(({ change }) => change === undefined).length,
        variables: settled.flatMap(({ request }) => request ?? []),
    };
}
/** What becomes of a variable that the Deployment has. */
function settle(stored, wish, mode) {
    const { key, isSecret } = stored;
    if (!wish) {
        return mode === 'replace'
            ? { change: { key, kind: 'removed', isSecret }, request: undefined }
            : { change: undefined, request: keep(stored) };
    }
    const request = requestOf(wish);
    if (wish.isSecret) {
        const note = isSecret ? 'its stored value cannot be read, so it is set again' : 'plain until now';
        return { change: { key, kind: 'changed', isSecret: true, note }, request };
    }
    return wish.value === (stored.value ?? '')
        ? { change: undefined, request: keep(stored) }
        : { change: { key, kind: 'changed', isSecret: false }, request };
}
/** A secret keeps its stored value only when none is sent; an empty one would blank it. */
function keep({ key, isSecret, value }) {
    return isSecret ? { key, isSecret } : { key, isSecret, value: value ?? '' };
}
const requestOf = ({ key, isSecret, value }) => ({
    key,
    isSecret,
    value,
});
function refuseUnveiling(current, wished) {
    const secret = new Set(current.filter(({ isSecret }) => isSecret).map(({ key }) => key));
    const unveiled = wished.filter(({ key, isSecret }) => !isSecret && secret.has(key)).map(({ key }) => key);
    if (unveiled.length === 0)
        return;
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-SECRET-TO-PLAIN',
        problem: `The step would turn ${unveiled.length === 1 ? 'a secret variable' : 'secret variables'} into plain text: ${unveiled.join(', ')}.`,
        observed: 'The Deployment stores it as a secret; the step gives it as a plain variable.',
        likelyCause: 'The line stands in `environment-variables` (or a file) instead of `secret-environment-variables`.',
        fix: 'Move the line to `secret-environment-variables`. If the value may be seen by everybody with access to the Deployment, delete the variable in the Astro UI first, then run again.',
    });
}
/** The names of a plan, for the output. */
function namesOf({ changes, unchanged }) {
    const names = (kind) => changes.filter((change) => change.kind === kind).map(({ key }) => key);
    return { added: names('added'), changed: names('changed'), removed: names('removed'), unchanged };
}

;// CONCATENATED MODULE: ./src/environment/update-body.ts

const EVERY = ['STANDARD', 'DEDICATED', 'HYBRID'];
const HOSTED = ['STANDARD', 'DEDICATED'];
const HYBRID = ['HYBRID'];
/**
 * The field map of section 6.2 of the control plane's contract. Three settings are left out on purpose, for then Astro keeps
 * them: `scalingSpec`, and the two workload identities, of which answers show only what is in effect. To send that back
 * would pin the platform's default.
 */
const FIELDS = [
    { name: 'type', types: EVERY, isRequired: true, from: ({ type }) => type },
    { name: 'name', types: EVERY, isRequired: true, from: ({ name }) => name },
    { name: 'workspaceId', types: EVERY, isRequired: true, from: ({ workspaceId }) => workspaceId },
    { name: 'executor', types: EVERY, isRequired: true, from: ({ executor }) => executor },
    { name: 'isCicdEnforced', types: EVERY, isRequired: true, from: (d) => d.isCicdEnforced },
    { name: 'isDagDeployEnabled', types: EVERY, isRequired: true, from: (d) => d.isDagDeployEnabled },
    { name: 'description', types: EVERY, from: ({ description }) => description },
    { name: 'contactEmails', types: EVERY, from: ({ contactEmails }) => contactEmails },
    { name: 'workerQueues', types: EVERY, from: workerQueues },
    { name: 'isHighAvailability', types: HOSTED, isRequired: true, from: (d) => d.isHighAvailability },
    { name: 'schedulerSize', types: HOSTED, isRequired: true, from: ({ schedulerSize }) => schedulerSize },
    { name: 'isDevelopmentMode', types: HOSTED, from: ({ isDevelopmentMode }) => isDevelopmentMode },
    { name: 'defaultTaskPodCpu', types: HOSTED, from: ({ defaultTaskPodCpu }) => defaultTaskPodCpu },
    { name: 'defaultTaskPodMemory', types: HOSTED, from: ({ defaultTaskPodMemory }) => defaultTaskPodMemory },
    { name: 'resourceQuotaCpu', types: HOSTED, from: ({ resourceQuotaCpu }) => resourceQuotaCpu },
    { name: 'resourceQuotaMemory', types: HOSTED, from: ({ resourceQuotaMemory }) => resourceQuotaMemory },
    { name: 'remoteExecution', types: HOSTED, from: remoteExecution },
    { name: 'scheduler', types: HYBRID, isRequired: true, from: scheduler },
    { name: 'taskPodNodePoolId', types: HYBRID, from: taskPodNodePoolId },
];
/**
 * An update that changes nothing but the variables. Throws `ASTRO-ENV-INCOMPLETE` when the Deployment, as Astro described
 * it, lacks something that every update has to carry.
 */
function updateBody(deployment, environmentVariables) {
    const { type } = deployment;
    if (type === undefined || !EVERY.includes(type))
        throw incomplete(deployment, 'type');
    const fields = FIELDS.filter(({ types }) => types.includes(type)).flatMap(({ name, isRequired, from }) => {
        const value = from(deployment);
        if (value !== undefined && value !== null)
            return [[name, value]];
        if (isRequired)
            throw incomplete(deployment, name);
        return [];
    });
    return { ...Object.fromEntries(fields), type, environmentVariables };
}
/** Queues belong to CELERY, and to ASTRO where Astro runs the workers. Without its ID a queue would become a new one. */
function workerQueues({ type, executor, remoteExecution: remote, workerQueues: queues }) {
    const hasQueues = executor === 'CELERY' || (executor === 'ASTRO' && remote?.enabled !== true);
    if (!hasQueues || !queues || queues.length === 0)
        return undefined;
    const machine = type === 'HYBRID' ? 'nodePoolId' : 'astroMachine';
    return queues.map((queue) => pick(queue, [...QUEUE_FIELDS, machine]));
}
const QUEUE_FIELDS = [
    'id',
    'name',
    'isDefault',
    'minWorkerCount',
    'maxWorkerCount',
    'workerConcurrency',
    'podEphemeralStorage',
];
function pick(from, names) {
    return Object.fromEntries(names.flatMap((name) => {
        const value = from[name];
        return value === undefined || value === null ? [] : [[name, value]];
    }));
}
/** All of it but the address, which is Astro's to give. */
function remoteExecution({ remoteExecution: remote }) {
    if (!remote?.enabled)
        return undefined;
    return pick(remote, ['enabled', 'allowedIpAddressRanges', 'taskLogBucket', 'taskLogUrlPattern']);
}
function scheduler({ schedulerAu, schedulerReplicas }) {
    return typeof schedulerAu === 'number' ? { au: schedulerAu, replicas: schedulerReplicas } : undefined;
}
function taskPodNodePoolId({ executor, taskPodNodePoolId: pool }) {
    return executor === 'KUBERNETES' ? pool : undefined;
}
function incomplete({ name, id }, field) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ENV-INCOMPLETE',
        problem: `Cannot change the environment variables of the Deployment ${name} (${id}) without a risk for its other settings.`,
        observed: `An update has to carry every setting, and Astro's description of the Deployment lacks \`${field}\`.`,
        likelyCause: 'The Deployment is of a kind that this version of the action does not know.',
        fix: 'Change the variables in the Astro UI, and open an issue that names the type and the executor of the Deployment.',
    });
}

;// CONCATENATED MODULE: ./src/environment/apply.ts







const TRIES = 3;
const LOOKS = 4;
const PAUSE_MS = 1_000;
/**
 * Writes a change of variables in one update that carries every other setting, and proves it: the Deployment is read again
 * right before, planned again when somebody changed its variables meanwhile (`onNewPlan` hears of that), read back
 * afterwards and compared. Undefined when there is nothing to write after all.
 *
 * Throws ActionError; `progress` then knows whether the old or the new list is there.
 */
async function applyEnvironment(deps, target, wish, shown, onNewPlan) {
    const { astro, clock, log, progress, signal } = deps;
    let plan = shown.plan;
    /** As it was before the first request that may have had an effect. */
    let baseline;
    /** What a request that is refused leaves behind. */
    let standing = 'kept';
    for (let attempt = 1;; attempt++) {
        const before = await astro.getDeployment(target);
        if (baseline === undefined || !hasList(before, plan)) {
            const fresh = planEnvironment(variablesOf(before), wish);
            refuseNewRemovals(plan, fresh);
            if (baseline === undefined && !isEqual(fresh.changes, plan.changes))
                onNewPlan(fresh);
            plan = fresh;
        }
        if (plan.changes.length === 0) {
            if (baseline === undefined)
                return undefined;
            await proveNothingElseChanged(deps, target, baseline, before, shown.objects);
            return { plan, deployment: before };
        }
        baseline ??= before;
        const unclear = await write(deps, target, updateBody(before, plan.variables), standing);
        const after = await readBack(deps, target, before, plan, unclear);
        standing = judgeList(before, after, plan, unclear !== undefined);
        progress.variables(standing);
        if (standing === 'written') {
            await proveNothingElseChanged(deps, target, baseline, after, shown.objects);
            return { plan, deployment: after };
        }
        if (attempt >= TRIES)
            throw unclear ?? notAsPlanned(after, plan);
        log.info(unclear
            ? 'Astro does not show the new variables. Writing them again.'
            : 'Somebody else changed the variables at the same moment. Planning again.');
        await clock.sleep(PAUSE_MS * attempt, signal);
    }
}
const variablesOf = ({ environmentVariables }) => environmentVariables ?? [];
const hasList = (deployment, { variables }) => areSame(compareVariables(variables, variablesOf(deployment)));
const isEqual = (one, other) => JSON.stringify(one) === JSON.stringify(other);
/** A list that somebody else made longer meanwhile: what nobody has been shown is not removed. */
function refuseNewRemovals(shown, fresh) {
    const known = new Set(shown.changes.filter(({ kind }) => kind === 'removed').map(({ key }) => key));
    const surprising = fresh.changes
        .filter(({ kind, key }) => kind === 'removed' && !known.has(key))
        .map(({ key }) => key);
    if (surprising.length > 0)
        throw changedMeanwhile(surprising);
}
/**
 * Sends the update. Returns the error of an answer that leaves open whether it had an effect; throws any other.
 *
 * @param standing what is known of the list of variables when this request has no effect
 */
async function write({ astro, log, progress, session }, target, body, standing) {
    progress.variables('writing');
    try {
        await astro.updateDeployment(target, body);
        progress.variables('written');
        return undefined;
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || error.code === 'ASTRO-CANCELLED')
            throw error;
        if (!leavesOpen(error)) {
            progress.variables(standing);
            throw error.code === 'ASTRO-API-FORBIDDEN' ? mayNotUpdate(error, session.kind) : error;
        }
        log.info(`The update had no clear answer (${error.observed ?? error.code}); reading the Deployment.`);
        return error;
    }
}
/** Whether the update may have had an effect although it ended with this error. */
function leavesOpen({ code, cause }) {
    if (code === 'ASTRO-API-UNREACHABLE')
        return !(cause instanceof HttpFailure) || cause.reached;
    return code === 'ASTRO-API-UNAVAILABLE' || code === 'ASTRO-API-ANSWER';
}
/** The Deployment as soon as it shows the new list; the last of a few looks otherwise, for a copy of it may lag. */
async function readBack({ astro, clock, signal }, target, before, plan, unclear) {
    for (let look = 1;; look++) {
        let after;
        try {
            after = await astro.getDeployment(target);
        }
        catch (error) {
            signal.throwIfAborted();
            throw unclear ?? error;
        }
        const isThere = judgeList(before, after, plan, unclear !== undefined) === 'written';
        if (isThere || look >= LOOKS)
            return after;
        await clock.sleep(PAUSE_MS, signal);
    }
}
/**
 * Which list is there after an update. Values of secrets cannot be compared, but a list is replaced as a whole, so any sign
 * of the new one is a sign of all of it.
 */
function judgeList(before, after, plan, isUnclear) {
    if (!isUnclear)
        return hasList(after, plan) ? 'written' : 'replaced';
    const isVisible = !hasList(before, plan);
    if (isVisible && hasList(after, plan))
        return 'written';
    const isAsBefore = areSame(compareVariables(variablesOf(before), variablesOf(after)));
    if (!isAsBefore)
        return 'writing';
    if (isVisible)
        return 'kept';
    const times = new Map(variablesOf(before).map(({ key, updatedAt }) => [key, updatedAt]));
    const isTouched = ({ key, updatedAt }) => times.get(key) !== updatedAt;
    const changed = new Set(plan.changes.map(({ key }) => key));
    return variablesOf(after).some((variable) => changed.has(variable.key) && isTouched(variable))
        ? 'written'
        : 'writing';
}
/** Throws when the update did more than was planned. What runs may change beside it, and is only told. */
async function proveNothingElseChanged(deps, target, before, after, objects) {
    const { settings, running } = compareSettings(before, after);
    for (const { field, before: old, after: now } of running) {
        deps.log.info(`Meanwhile, by a deploy: ${field} was ${old ?? 'nothing'} and is ${now ?? 'nothing'}.`);
    }
    if (settings.length > 0)
        throw settingsChanged(after, settings);
    if (objects === undefined)
        return;
    const lost = lostLinks(objects, (await readEnvironmentObjects(deps, target)) ?? objects);
    if (lost.length > 0)
        throw linksLost(after, lost);
}

;// CONCATENATED MODULE: ./src/environment/reserved.ts
/**
 * Variables that Astro sets for its own work, by what another value does (Astro's documentation, "Global environment
 * variables"). Astro stores them all the same, and its UI does not object.
 */
const SET_BY_ASTRO = [
    {
        keys: [
            'AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET',
            'AIRFLOW__LOGGING__REMOTE_LOGGING',
            'AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER',
            'AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID',
            'AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS',
            'AIRFLOW__LOGGING__ENCRYPT_S3_LOGS',
            'AIRFLOW_CONN_ASTRO_S3_LOGGING',
            'AWS_DEFAULT_REGION',
            'AWS_SECRET_ACCESS_KEY',
        ],
        effect: 'Astro sets it to collect task logs, which may go missing with another value',
    },
    {
        keys: [
            'AIRFLOW__CORE__SQL_ALCHEMY_CONN',
            'AIRFLOW__DATABASE__SQL_ALCHEMY_CONN',
            'AIRFLOW_CONN_AIRFLOW_DB',
        ],
        effect: 'Astro sets it to its metadata database, which Airflow cannot reach with another value',
    },
    {
        keys: ['AIRFLOW__CORE__FERNET_KEY'],
        effect: 'Astro sets it; with another key Airflow cannot read the connections and variables it has stored',
    },
    {
        keys: ['AIRFLOW__CORE__EXECUTOR'],
        effect: 'Astro sets it to the executor of the Deployment; tasks may fail with another one',
    },
    {
        keys: [
            'AIRFLOW__CELERY__WORKER_CONCURRENCY',
            'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__RETRY_ON_TIMEOUT',
            'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SOCKET_CONNECT_TIMEOUT',
            'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SOCKET_KEEPALIVE',
            'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SOCKET_TIMEOUT',
        ],
        effect: 'Astro sets it from the worker queues; scaling and tasks depend on its value',
    },
    {
        keys: [
            'AIRFLOW__WEBSERVER__BASE_URL',
            'AIRFLOW__WEBSERVER__COOKIE_SECURE',
            'AIRFLOW__WEBSERVER__ENABLE_PROXY_FIX',
            'AIRFLOW__WEBSERVER__EXPOSE_CONFIG',
            'AIRFLOW__WEBSERVER__INSTANCE_NAME',
            'AIRFLOW__WEBSERVER__NAVBAR_COLOR',
            'AIRFLOW__WEBSERVER__UPDATE_FAB_PERMS',
        ],
        effect: 'Astro sets it for the Airflow UI, which may be hard to reach with another value',
    },
    {
        keys: [
            'AIRFLOW__METRICS__STATSD_HOST',
            'AIRFLOW__METRICS__STATSD_ON',
            'AIRFLOW__METRICS__STATSD_PORT',
            'AIRFLOW__METRICS__STATSD_PREFIX',
            'AIRFLOW__SCHEDULER__STATSD_HOST',
            'AIRFLOW__SCHEDULER__STATSD_ON',
            'AIRFLOW__SCHEDULER__STATSD_PORT',
        ],
        effect: 'Astro sets it to collect metrics, which may go missing with another value',
    },
    {
        keys: ['OPENLINEAGE_API_KEY', 'OPENLINEAGE_URL'],
        effect: 'Astro sets it to collect lineage, which may go missing with another value',
    },
    {
        keys: [
            'AIRFLOW_HOME',
            'AIRFLOW__CORE__HOSTNAME_CALLABLE',
            'AIRFLOW__KUBERNETES__NAMESPACE',
            'ASTRO_DEPLOYMENT_ID',
            'INSTANCE_TYPE',
        ],
        effect: 'Astro sets it for its own work; Airflow may not start, or tasks fail, with another value',
    },
];
const EFFECTS = new Map(SET_BY_ASTRO.flatMap(({ keys, effect }) => keys.map((key) => [key, effect])));
const ASTRONOMER = 'ASTRONOMER_';
const AIRFLOW_OPTION = /^AIRFLOW__([A-Z0-9_]+?)__([A-Z0-9_]+)$/i;
/** What it means to set this variable when its name is Astro's or Airflow's; undefined for any other. */
function reservedEffect(key) {
    const effect = EFFECTS.get(key);
    if (effect !== undefined)
        return effect;
    if (key.startsWith(ASTRONOMER))
        return 'names that begin with ASTRONOMER_ belong to Astro, which sets some of them itself';
    const [, section, option] = AIRFLOW_OPTION.exec(key) ?? [];
    if (section === undefined || option === undefined)
        return undefined;
    return `it sets the option ${option.toLowerCase()} of Airflow's section ${section.toLowerCase()}, over what the image says`;
}
/** One warning for all variables that a plan sets under such a name, or undefined. */
function reservedWarning(changes) {
    const lines = changes
        .filter(({ kind }) => kind !== 'removed')
        .flatMap(({ key }) => {
        const effect = reservedEffect(key);
        return effect === undefined ? [] : [`- ${key}: ${effect}`];
    });
    return lines.length === 0
        ? undefined
        : ['Some environment variables have names that Astro or Airflow reserve:', ...lines].join('\n');
}

;// CONCATENATED MODULE: ./src/environment/restart.ts


const HEALTHY_LOOKS = 2;
/** The status lags behind the write by tens of seconds: HEALTHY before that may be the old HEALTHY. */
const GRACE_MS = 30_000;
/**
 * Whether a Deployment runs with its new variables: healthy in two looks in a row, after a restart was seen or could no
 * longer be missed (section 5 of the control plane's contract). One that sleeps takes them when it wakes.
 *
 * @param sinceWriteMs milliseconds since the variables were written
 */
function judgeRestart({ status, statusReason }, { hasRestarted, healthyLooks }, sinceWriteMs) {
    if (status === 'HIBERNATING')
        return { kind: 'asleep' };
    const isSure = hasRestarted || sinceWriteMs >= GRACE_MS;
    if (status === 'HEALTHY' && healthyLooks + 1 >= HEALTHY_LOOKS && isSure)
        return { kind: 'healthy' };
    const reason = statusReason ? ` (${statusReason})` : '';
    const doubt = status === 'HEALTHY' && !isSure ? ', its restart not seen yet' : '';
    return { kind: 'waiting', state: `Deployment ${status}${reason}${doubt}` };
}
/**
 * Waits until the Deployment has restarted with its new variables, at most `budgetMs`. Returns it as it was then, and
 * whether it sleeps. Throws `ASTRO-ENV-RESTART-TIMEOUT`.
 *
 * @param written the Deployment as it was read back after the write
 */
function waitUntilRestarted(deps, target, written, budgetMs) {
    const { astro, clock } = deps;
    const writtenAt = clock.now();
    let memory = { hasRestarted: written.status !== 'HEALTHY', healthyLooks: 0 };
    return watch(deps, {
        look: () => astro.getDeployment(target),
        judge(deployment) {
            const isHealthy = deployment.status === 'HEALTHY';
            const verdict = judgeRestart(deployment, memory, clock.now() - writtenAt);
            memory = {
                hasRestarted: memory.hasRestarted || !isHealthy,
                healthyLooks: isHealthy ? memory.healthyLooks + 1 : 0,
            };
            return verdict.kind === 'waiting'
                ? verdict
                : { kind: 'done', result: { deployment, isAsleep: verdict.kind === 'asleep' } };
        },
        budgetMs,
        timedOut: (state) => new src_errors/* ActionError */.lZ({
            code: 'ASTRO-ENV-RESTART-TIMEOUT',
            problem: `The Deployment was not seen healthy within ${budgetMs / 1000} s after its environment variables changed.`,
            observed: `Last seen: ${state}.`,
            likelyCause: 'The restart is slow, or Airflow does not start with the new variables.',
            fix: `Look at the Deployment: ${target.url} . Raise \`wait-time\` when restarts simply take longer.`,
        }),
    });
}

;// CONCATENATED MODULE: ./src/environment/update.ts








/** `action: update-environment-variables`: plan, apply, proof. Throws ActionError. */
async function updateEnvironmentVariables(run) {
    const { deployment, inputs, stage } = run;
    const shown = await stage('Plan', () => planVariables(run));
    if (inputs.dryRun) {
        skip(run, 'dry run: the plan was made and nothing was changed', `Dry run: nothing was changed on ${deployment.name}`);
        return;
    }
    const written = await writeVariables(run, shown);
    if (written === undefined) {
        skip(run, 'the environment variables are already as they should be', `Nothing to change on ${deployment.name}`);
        return;
    }
    await finishVariables(run, written);
}
/** Reads what a plan needs, makes it and shows it. Undefined when the step asks for no variables. */
async function planVariables(run) {
    const { deployment, inputs, log, target } = run;
    if (inputs.environment === undefined)
        return undefined;
    const plan = planEnvironment(deployment.environmentVariables ?? [], inputs.environment);
    const objects = await readEnvironmentObjects(run, target);
    show(run, plan);
    const warnings = [
        reservedWarning(plan.changes),
        sameKeysWarning(objects ?? [], inputs.environment.variables),
    ];
    for (const warning of warnings)
        if (warning !== undefined)
            log.warning(warning);
    return { plan, objects };
}
/** Writes what was planned. Undefined when nothing had to be written. */
async function writeVariables(run, shown) {
    const { inputs, log, stage, target } = run;
    const { environment } = inputs;
    if (environment === undefined || shown === undefined)
        return undefined;
    if (shown.plan.changes.length === 0) {
        log.info('The environment variables are already as they should be; nothing is written.');
        return undefined;
    }
    return stage('Write environment variables', async () => {
        const written = await applyEnvironment(run, target, environment, shown, (plan) => {
            log.info('Somebody changed the variables after the plan was made. The new plan:');
            show(run, plan);
        });
        log.info(written
            ? 'Written, read back and compared: the variables are as planned, and every other setting is as it was.'
            : 'Somebody else has made the same change meanwhile; nothing is written.');
        return written;
    });
}
/** The variables as they were written are still there. Throws `ASTRO-ENV-OVERWRITTEN`. */
function proveVariables({ progress }, deployment, { plan }) {
    if (areSame(compareVariables(plan.variables, deployment.environmentVariables ?? [])))
        return;
    progress.variables('replaced');
    throw overwritten(deployment, plan);
}
/**
 * The end of a run that has changed variables and ships nothing: waits until the Deployment is healthy again, if waiting is
 * wished for. Throws `ASTRO-ENV-RESTART-TIMEOUT` or `ASTRO-ENV-OVERWRITTEN`.
 */
async function finishVariables(run, written) {
    const { deployment, inputs, log, outputs, stage, target, tell } = run;
    const { waitMs } = inputs;
    outputs.set({ skipped: 'false' });
    if (waitMs === undefined) {
        log.notice('The environment variables are written. The step does not wait until the Deployment has restarted with them: `wait` is false.');
        tell({ headline: `Environment variables of ${deployment.name} are written (not waited for)` });
        return;
    }
    const { deployment: now, isAsleep } = await stage('Wait until healthy', () => waitUntilRestarted(run, target, written.deployment, waitMs));
    proveVariables(run, now, written);
    if (isAsleep) {
        log.notice(`${deployment.name} hibernates; it takes the new environment variables when it wakes.`);
        tell({ headline: `Environment variables of ${deployment.name} are written (it hibernates)` });
        return;
    }
    log.info(`Healthy: ${deployment.name} runs with the new environment variables.`);
    tell({ headline: `Environment variables of ${deployment.name} are updated` });
}
function show({ log, outputs, tell }, plan) {
    for (const line of environmentLines(plan))
        log.info(line);
    outputs.set({ 'environment-changes': JSON.stringify(namesOf(plan)) });
    tell({ environment: plan });
}
function skip({ log, outputs, tell }, reason, headline) {
    outputs.set({ skipped: 'true', 'skip-reason': reason });
    log.notice(`Nothing was changed: ${reason}.`);
    tell({ headline });
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs/promises"
var external_node_fs_promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/project/left-behind.ts
var left_behind = __webpack_require__(6773);
;// CONCATENATED MODULE: ./src/image/build-arg.ts
/**
 * Variables that steer the docker client, its plugins, or the runtimes of the languages that they are written in. As an argument
 * of the build, they must not do that.
 */
const CLIENT_VARIABLE = new RegExp(`^(?:${[
    'PATH|HOME|USERPROFILE|APPDATA|PROGRAMFILES|PROGRAMDATA|SYSTEMROOT|TMPDIR|TMP|TEMP|PWD|TERM|NO_COLOR|CLICOLOR_FORCE',
    '(?:HTTPS?|FTP|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|SSLKEYLOGFILE',
    'GO(?:DEBUG|GC|MAXPROCS|MEMLIMIT|TRACEBACK|COVERDIR)|LD_\\w+|DYLD_\\w+|RES_OPTIONS|LOCALDOMAIN',
    '(?:DOCKER|BUILDX|BUILDKIT|MOBY|COMPOSE|OTEL|XDG|SSH)_\\w+|EXPERIMENTAL_BUILDKIT_\\w+|SOURCE_DATE_EPOCH',
].join('|')})$`, 'i');
/**
 * Says how a build argument travels: in the environment of the client, where other users of the machine cannot read it, even
 * when the step has another value under that name; or, where the client would obey it, as a word of the command line.
 */
function passArg({ name, value }, env) {
    if (value === undefined || env[name] === value)
        return { argument: name };
    return CLIENT_VARIABLE.test(name)
        ? { argument: `${name}=${value}` }
        : { argument: name, variable: [name, value] };
}

;// CONCATENATED MODULE: ./src/image/build-secret.ts



/**
 * Says where docker finds a secret. A variable travels under a name of our own, so that a build argument of the same name does
 * not take its place. The value is hidden, should the build print it.
 *
 * @param folder the project, absolute: files are relative to it
 * @throws ActionError ASTRO-IMAGE-BUILD-SECRET when it is not there
 */
async function passSecret(secret, index, { env, hide, folder, }) {
    if ('env' in secret) {
        const value = env[secret.env];
        if (value === undefined) {
            throw secretMissing(secret.id, `The environment of the step has no variable ${secret.env}.`);
        }
        hide(withoutCertificates(value));
        const name = `DEPLOY_TO_ASTRO_BUILD_SECRET_${index}`;
        return { specification: fields([`id=${secret.id}`, `env=${name}`]), variable: [name, value] };
    }
    const file = external_node_path_.resolve(folder, secret.file);
    try {
        if (!(await (0,external_node_fs_promises_.stat)(file)).isFile())
            throw new Error('it is not a file');
        hide(withoutCertificates(await (0,external_node_fs_promises_.readFile)(file, 'utf8')));
    }
    catch (error) {
        throw secretMissing(secret.id, `${file}: ${(0,src_errors/* describeError */.Uc)(error)}`);
    }
    return { specification: fields([`id=${secret.id}`, `src=${file}`]) };
}
/**
 * The part of a text that is worth hiding. Certificates are public, and a file of the authorities that a machine trusts has
 * thousands of lines of them, each of which would be looked for in all that is printed.
 */
function withoutCertificates(text) {
    const rest = text.replace(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]+-----/g, '');
    return rest === text ? text : rest.replace(/^(?:#.*|=+)$/gm, '');
}
/** Docker reads it as a line of CSV. */
function fields(values) {
    return values
        .map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
        .join(',');
}
function secretMissing(id, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-BUILD-SECRET',
        problem: `The build secret ${id} is not there.`,
        observed,
        fix: 'Give the step the variable with `env:`, or write the file in a step before this one. File names are relative to the project.',
    });
}

// EXTERNAL MODULE: ./src/image/dockerfile.ts
var image_dockerfile = __webpack_require__(2179);
;// CONCATENATED MODULE: ./src/image/build.ts







/** How much of a failed build's output is repeated in the error. */
const LINES_SHOWN = 12;
/**
 * Builds the project's image for linux/amd64. The Dockerfile is read from a copy outside of the project, because the ignore
 * file that BuildKit reads is the one beside it, and the project's own must not be touched.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKERFILE, ASTRO-IMAGE-BUILD-SECRET, ASTRO-IMAGE-BUILD
 */
async function buildImage(deps, request) {
    const dockerfile = await readProjectDockerfile(request.folder);
    const copy = external_node_path_.join(request.scratch, 'Dockerfile');
    await (0,external_node_fs_promises_.writeFile)(copy, dockerfile);
    const ignoreFile = (0,image_dockerfile/* ignoreFileFor */.w)(request.dockerIgnore, request.dagsPath, request.dagsInImage);
    await (0,external_node_fs_promises_.writeFile)(`${copy}.dockerignore`, (0,left_behind/* withoutCredentialFiles */.N)(ignoreFile));
    const where = { ...deps, folder: request.folder };
    const secrets = await Promise.all(request.secrets.map((secret, index) => passSecret(secret, index, where)));
    const args = request.args.map((arg) => passArg(arg, deps.env));
    const lines = [];
    const result = await deps.docker([
        ...(request.builder === 'buildx' ? ['buildx', 'build', '--load'] : ['build']),
        ...['--platform', 'linux/amd64', '--progress', 'plain', '--file', copy, '--tag', request.tag],
        ...((0,image_dockerfile/* readDockerfile */.n)(dockerfile).pull ? ['--pull'] : []),
        ...Object.entries(request.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
        ...args.flatMap(({ argument }) => ['--build-arg', argument]),
        ...secrets.flatMap(({ specification }) => ['--secret', specification]),
        request.folder,
    ], {
        cwd: request.folder,
        env: {
            DOCKER_BUILDKIT: '1',
            BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
            ...Object.fromEntries([...args, ...secrets].flatMap(({ variable }) => (variable ? [variable] : []))),
        },
        onLine(line) {
            lines.push(line);
            deps.log.info(line);
        },
    });
    if (result.exitCode !== 0)
        throw buildFailed(result.exitCode, lines);
}
/** @throws ActionError ASTRO-IMAGE-NO-DOCKERFILE */
async function readProjectDockerfile(folder) {
    try {
        return await (0,external_node_fs_promises_.readFile)(external_node_path_.join(folder, 'Dockerfile'), 'utf8');
    }
    catch (error) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-IMAGE-NO-DOCKERFILE',
            problem: 'This deploy ships an image, and the project has no Dockerfile to build it from.',
            observed: `${external_node_path_.join(folder, 'Dockerfile')}: ${(0,src_errors/* describeError */.Uc)(error)}`,
            likelyCause: '`root-folder` does not name the Astro project, or the project has DAGs only.',
            fix: 'Correct `root-folder`, pass a prebuilt image as `image-name`, or use `deploy-type: dags-only`.',
        });
    }
}
function buildFailed(exitCode, lines) {
    const said = lines.filter((line) => line.trim() !== '').slice(-LINES_SHOWN);
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-BUILD',
        problem: 'The image could not be built.',
        observed: `docker ended with exit code ${exitCode}:\n${said.join('\n')}`,
        ...(lines.some((line) => /exec format error/i.test(line)) && {
            likelyCause: 'The runner has another processor (such as arm64) than the image, which is built for linux/amd64, and cannot emulate it.',
        }),
        fix: 'The whole output of the build is in the log above. `docker build .` in the project shows the same on your machine.',
    });
}

// EXTERNAL MODULE: ./src/project/dag-file.ts
var dag_file = __webpack_require__(1556);
;// CONCATENATED MODULE: ./src/project/docker-ignore.ts
/**
 * Whether a file stays out of the build context by a `.dockerignore`; paths are relative to the context, with forward
 * slashes.
 *
 * Docker's rules are not git's: every pattern starts at the root of the context, the last one that matches a file or one
 * of its folders decides, and `!` takes a file back even out of a folder that is left out.
 */
function readDockerIgnore(text) {
    const rules = text
        .replace(/^\uFEFF/, '')
        .split(/\r?\n/)
        .filter((line) => !line.startsWith('#'))
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .map(readRule);
    return (path) => {
        const last = rules.findLast(({ matches }) => matches(path));
        return last !== undefined && !last.readmits;
    };
}
function readRule(line) {
    const readmits = line.startsWith('!');
    const pattern = cleanPath(readmits ? line.slice(1).trim() : line);
    const matchesWhole = pattern === '.' ? () => false : readPattern(pattern);
    return { readmits, matches: (path) => withFolders(path).some(matchesWhole) };
}
/** A path and every folder that it is in. */
function withFolders(path) {
    const segments = path.split('/');
    return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}
/** As Go's filepath.Clean does it before Docker matches, and without a leading slash. */
function cleanPath(pattern) {
    const isRooted = pattern.startsWith('/');
    const segments = [];
    for (const segment of pattern.split('/')) {
        if (segment === '' || segment === '.')
            continue;
        const canGoUp = segments.length > 0 && segments.at(-1) !== '..';
        if (segment !== '..')
            segments.push(segment);
        else if (canGoUp)
            segments.pop();
        else if (!isRooted)
            segments.push(segment);
    }
    return segments.join('/') || '.';
}
const SPECIAL_AFTER_STARS = /[*?[\]\\]/;
/**
 * A pattern as Docker reads it (moby/patternmatcher): `*` and `?` stay inside a segment, `**` crosses any number of them
 * and takes the slash that follows, classes are those of regular expressions, and a pattern with no other special
 * character than two stars at its start is a suffix. What cannot be read fails the build, and matches nothing here.
 */
function readPattern(pattern) {
    const suffix = pattern.slice(2);
    if (pattern.startsWith('**') && !SPECIAL_AFTER_STARS.test(suffix)) {
        return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
    }
    try {
        const expression = new RegExp(`^${toExpression(pattern)}$`, 'su');
        return (path) => expression.test(path);
    }
    catch {
        return () => false;
    }
}
function toExpression(pattern) {
    return pattern.replace(/\*\*\/?$|\*\*\/?|\*|\?|\\(.)|[.+()|{}$]/gsu, (found, escaped, at) => {
        if (escaped !== undefined)
            return /[\w\s]/u.test(escaped) ? escaped : quoted(escaped);
        if (found.startsWith('**'))
            return at + found.length === pattern.length ? '.*' : '(.*/)?';
        if (found === '*')
            return '[^/]*';
        return found === '?' ? '[^/]' : quoted(found);
    });
}
/** With the `u` flag only characters that mean something may be escaped. */
const quoted = (character) => /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character;

;// CONCATENATED MODULE: ./src/image/build-context.ts






const MOST_NAMED = 5;
/**
 * Looks at what a build will see of the project, before anything is built. Returns warnings.
 *
 * @throws ActionError ASTRO-IMAGE-DAGS-PATH, ASTRO-IMAGE-NO-DAGS
 */
async function checkContext(facts) {
    const { dagsPath, dockerIgnore, dagFiles, ships } = facts;
    if (dagsPath === '')
        throw dagsAreTheProject();
    const ignoreFile = (0,image_dockerfile/* ignoreFileFor */.w)(dockerIgnore, dagsPath, dagFiles !== undefined);
    const isLeftOut = readDockerIgnore(ignoreFile);
    return [
        ...(dagFiles ? aboutDags(facts, dagFiles, isLeftOut) : []),
        ...(ships && !isLeftOut('.git/config') && (await holdsToken(facts.folder)) ? [TOKEN_IN_CONTEXT] : []),
    ];
}
function aboutDags({ dagsPath, dockerfile }, files, isLeftOut) {
    const wanted = files.filter(dag_file/* isDagFileName */.E).map((file) => `${dagsPath}/${file.slice('dags/'.length)}`);
    const missing = wanted.filter(isLeftOut);
    if (missing.length > 0 && missing.length === wanted.length)
        throw noDags(missing);
    return [
        ...(missing.length > 0
            ? [
                `The image has to bring the DAGs, and .dockerignore leaves out ${missing.length} of ${wanted.length} DAG files: ${(0,src_errors/* listSome */.XT)(missing, MOST_NAMED)}. These DAGs will not be in the Deployment.`,
            ]
            : []),
        ...(dagsPath !== 'dags' && !instructionsOf(dockerfile).includes(dagsPath)
            ? [
                `The image has to bring the DAGs in its folder dags, where Airflow looks for them; the project has them in ${dagsPath}, which the Dockerfile does not mention. Unless the base image sees to it, add \`COPY ${dagsPath} dags\`.`,
            ]
            : []),
    ];
}
const instructionsOf = (dockerfile) => dockerfile.replace(/^\s*#.*$/gm, '');
/** `actions/checkout` keeps its token in the clone, unless `persist-credentials` is false. */
async function holdsToken(folder) {
    try {
        return /^\s*extraheader\s*=\s*authorization:/im.test(await (0,external_node_fs_promises_.readFile)(external_node_path_.join(folder, '.git', 'config'), 'utf8'));
    }
    catch {
        return false;
    }
}
const TOKEN_IN_CONTEXT = 'The build sees .git/config, which holds the GitHub token that actions/checkout left there, so `COPY .` puts it into the image. Add .git to .dockerignore, or give actions/checkout `persist-credentials: false` where the build needs .git.';
function dagsAreTheProject() {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-DAGS-PATH',
        problem: 'The DAG folder cannot be the project itself when an image is built.',
        observed: '`dags-path` names the project (`root-folder`), so there is nothing that an image could hold beside the DAGs.',
        fix: 'Move the DAGs into a folder of the project and name it as `dags-path`. `deploy-type: dags-only` without `parse` and `pytest` builds no image, and neither does `image-name`.',
    });
}
function noDags(missing) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-NO-DAGS',
        problem: 'The image would have no DAGs, and every DAG of the Deployment would be gone.',
        observed: `DAG-only deploys are off for the Deployment, so the image has to bring the DAGs; .dockerignore leaves out each DAG file: ${(0,src_errors/* listSome */.XT)(missing, MOST_NAMED)}.`,
        likelyCause: 'A pattern such as `*`, `**/dags` or `dags/*` is meant for Deployments that get their DAGs apart from the image.',
        fix: 'Take the DAG folder back with a last line `!dags/` (as `dags-path` names it) in .dockerignore, or switch on DAG-only deploys in the settings of the Deployment.',
    });
}

;// CONCATENATED MODULE: ./src/image/builder.ts


/** From this major version on, the client builds with BuildKit through buildx only. */
const CLIENT_WITHOUT_BUILDKIT = 23;
/**
 * Looks for an engine that answers and for a way to build with BuildKit.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER, ASTRO-IMAGE-NO-BUILDKIT
 */
async function findBuilder(docker) {
    const [client, buildx] = await Promise.all([requireEngine(docker), docker(['buildx', 'version'])]);
    if (buildx.exitCode === 0)
        return 'buildx';
    if (Number.parseInt(client, 10) < CLIENT_WITHOUT_BUILDKIT)
        return 'buildkit';
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-NO-BUILDKIT',
        problem: 'This Docker cannot build with BuildKit.',
        observed: `The client ${client} needs the plugin buildx for that, and \`docker buildx version\` failed: ${lastLine(buildx.stderr)}`,
        fix: 'Install buildx (Docker’s package docker-buildx-plugin), or build the image in an earlier step and pass `image-name`.',
    });
}
/**
 * Asks the engine whether it answers, which is all that a prebuilt image needs. Returns the version of the client.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER
 */
async function requireEngine(docker) {
    const version = await docker(['version', '--format', '{{.Client.Version}} {{.Server.Version}}']);
    if (version.exitCode !== 0)
        throw noDocker(lastLine(version.stderr));
    return version.stdout.trim().split(' ')[0] ?? '';
}
/** The last line that says something. */
function lastLine(text) {
    return (text
        .split('\n')
        .map((line) => line.trim())
        .findLast((line) => line !== '') ?? 'it said nothing');
}

;// CONCATENATED MODULE: ./src/image/junit.ts
/** Where Astro Runtime's image has the project. */
const ASTRO_HOME = '/usr/local/airflow';
const LONGEST_MESSAGE = 2_000;
/** Reads what `pytest --junitxml` wrote; undefined when it is no such report. */
async function readJUnit(xml) {
    const { XMLParser } = await __webpack_require__.e(/* import() */ 824).then(__webpack_require__.bind(__webpack_require__, 5824));
    const lists = new Set(['testsuite', 'testcase', 'failure', 'error', 'skipped']);
    const parser = new XMLParser({
        ignoreAttributes: false,
        attributeNamePrefix: '',
        parseTagValue: false,
        trimValues: false,
        // Line breaks in messages are numeric entities, which belong to this option too.
        htmlEntities: true,
        isArray: (name) => lists.has(name),
    });
    let document;
    try {
        document = parser.parse(xml);
    }
    catch {
        return undefined;
    }
    const suites = document.testsuites?.testsuite ?? document.testsuite;
    if (!suites)
        return undefined;
    const cases = suites.flatMap(({ testcase }) => testcase ?? []);
    const failures = cases.flatMap((one) => [...(one.failure ?? []), ...(one.error ?? [])].map((cause) => read(one, cause)));
    return {
        tests: cases.length,
        failed: cases.filter(({ failure, error }) => failure ?? error).length,
        skipped: cases.filter(({ skipped }) => skipped).length,
        failures,
    };
}
function read(one, cause) {
    const text = asText(typeof cause === 'string' ? cause : cause['#text']) ?? '';
    const message = (typeof cause === 'string' ? undefined : asText(cause.message)) ?? text;
    const place = findPlace(text, message) ?? placeOfCase(one);
    const module = asText(one.file) ?? asText(one.classname)?.replaceAll('.', '/');
    return {
        name: [module, asText(one.name)].filter(Boolean).join('::'),
        message: shortened(message.trim()),
        text,
        file: place?.file,
        line: place?.line,
    };
}
const asText = (value) => typeof value === 'string' ? value : undefined;
/**
 * The first line, which says what it is about, and as many of the last ones as fit: a traceback ends with its error. No line is
 * cut: a secret that was cut is one that redaction does not know.
 */
function shortened(message) {
    if (message.length <= LONGEST_MESSAGE)
        return message;
    const [first = '', ...rest] = message.split('\n');
    const last = [];
    let length = first.length;
    for (const line of rest.toReversed()) {
        length += line.length + 1;
        if (length > LONGEST_MESSAGE)
            break;
        last.unshift(line);
    }
    const head = first.length <= LONGEST_MESSAGE ? first : `(a line of ${first.length} characters is left out)`;
    return [head, '…', ...last].join('\n');
}
/**
 * The innermost line of the project that a report names: of a DAG that does not import, the traceback of Python names it;
 * of a failed assertion, pytest's own `file:line: `. Airflow may have cut that traceback short; then the DAG file itself.
 */
function findPlace(text, message) {
    const traceback = [...text.matchAll(/File "([^"\n]+)", line (\d+)/g)]
        .map(([, file = '', line]) => ({ file: inProject(file), line: Number(line) }))
        .findLast(({ file }) => file !== undefined);
    if (traceback?.file !== undefined)
        return { file: traceback.file, line: traceback.line };
    const dagFile = /(?:^|[\s/'"])(dags\/[^\s'":]+\.(?:py|zip))\b/.exec(message.split('\n')[0] ?? '')?.[1];
    if (dagFile !== undefined && /^\S*\s*File "[^"\n]+", line \d+/m.test(text)) {
        return { file: dagFile, line: undefined };
    }
    const last = [...text.matchAll(/^([^\s:][^:\n]*\.py):(\d+): /gm)]
        .map(([, file = '', line]) => ({ file: inProject(file), line: Number(line) }))
        .findLast(({ file }) => file !== undefined);
    return last?.file === undefined ? undefined : { file: last.file, line: last.line };
}
/** pytest counts the lines of a test from 0. */
function placeOfCase(one) {
    const file = inProject(asText(one.file) ?? '');
    const line = Number(asText(one.line));
    return file === undefined ? undefined : { file, line: Number.isInteger(line) ? line + 1 : undefined };
}
/** A file as the project has it; Python gives code that is in no file a name such as `<string>`. */
function inProject(file) {
    const isHome = file.startsWith(`${ASTRO_HOME}/`);
    const inside = isHome ? file.slice(ASTRO_HOME.length + 1) : file;
    const isElsewhere = inside === '' || inside.startsWith('/') || inside.split('/').includes('..');
    return isElsewhere || /^<.*>$/.test(inside) || /(?:^|\/)(?:site|dist)-packages\//.test(inside)
        ? undefined
        : inside;
}

;// CONCATENATED MODULE: ./src/image/container-tests.ts






/** The test that `astro dev init` puts into each project. */
const INTEGRITY_TEST = '.astro/test_dag_integrity_default.py';
const FOLDERS = ['tests', 'plugins', 'include', '.astro'];
const REPORT = '/tmp/deploy-to-astro-junit.xml';
/** Airflow shows the last two lines of a traceback by default, and these are often not of the DAG. */
const WHOLE_TRACEBACKS = 'AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH=30';
/** In bytes; a report of ten thousand failures has a tenth of it. */
const LARGEST_REPORT = 64 * 2 ** 20;
/** The file that pytest gets: below `tests/` unless its path says so itself, as in the Astro CLI. */
function pytestTarget(given) {
    if (given === '')
        return 'tests/';
    return given.includes('tests') ? given : `tests/${given}`;
}
/** The same inside of the container, where the DAG folder is called dags. */
function insideContainer(file, dagsPath) {
    return dagsPath !== '' && file.startsWith(`${dagsPath}/`) ? `dags${file.slice(dagsPath.length)}` : file;
}
/** Fails before anything is built when a test that was asked for is not in the project. */
async function requireTestFile(folder, kind, file) {
    try {
        await (0,external_node_fs_promises_.access)(external_node_path_.join(folder, file.split('::')[0] ?? file));
    }
    catch {
        throw kind === 'parse' ? noIntegrityTest(folder) : noTests(file);
    }
}
/**
 * Runs pytest in a container of the image, as the Astro CLI does (section 3.8 of the control plane's contract): the
 * image's own entrypoint and user, with the project's DAGs, tests, plugins and include laid over what the image has. The
 * container has a name of its own and is removed, however the tests end.
 *
 * @throws ActionError ASTRO-TESTS-CONTAINER when the container cannot be made or started
 */
async function runTests(deps, request) {
    const { docker, log } = deps;
    const name = `deploy-to-astro-${request.kind}-${(0,external_node_crypto_.randomUUID)()}`;
    const arguments_ = [
        'pytest',
        insideContainer(request.file, request.dagsPath),
        `--junitxml=${REPORT}`,
        '-o',
        'junit_family=xunit1',
        '--color=no',
    ];
    try {
        const command = ['create', '--name', name, '--env', WHOLE_TRACEBACKS, request.image, ...arguments_];
        succeeded(await docker(command, { whenCancelled: 'finish' }), 'create the container');
        for (const [from, to] of await copies(request)) {
            succeeded(await docker(['cp', from, `${name}:${to}`]), `copy ${external_node_path_.basename(to)} into the container`);
        }
        const run = await docker(['start', '--attach', name], { onLine: log.info, whenCancelled: 'kill' });
        const state = succeeded(await docker(['container', 'inspect', '--format', '{{.State.ExitCode}} {{.State.Error}}', name]), 'read how the tests ended');
        const [code = '', ...words] = state.stdout.trim().split(' ');
        if (words.length > 0)
            throw containerFailed('start the container', words.join(' '));
        return {
            kind: request.kind,
            exitCode: Number(code),
            report: await copyReport(docker, name, request),
            summary: lastLine(run.stdout || run.stderr).replace(/^=+ | =+$/g, ''),
        };
    }
    finally {
        await removeContainer(docker, name);
    }
}
async function copies({ folder, dagsPath }) {
    const wanted = [[dagsPath, 'dags'], ...FOLDERS.map((name) => [name, name])];
    const found = await Promise.all(wanted.map(async ([from, to]) => {
        try {
            return [[`${await (0,external_node_fs_promises_.realpath)(external_node_path_.join(folder, from))}/.`, `${ASTRO_HOME}/${to}`]];
        }
        catch {
            return [];
        }
    }));
    return found.flat();
}
async function copyReport(docker, name, request) {
    const file = external_node_path_.join(request.scratch, `${request.kind}.xml`);
    const { exitCode } = await docker(['cp', `${name}:${REPORT}`, file]);
    return exitCode === 0 ? readReport(file) : undefined;
}
/**
 * Reads a report that came out of a container; undefined when it is none. What tests leave there may be anything: a link
 * would lead to a file of this machine, for docker copies it as one.
 */
async function readReport(file) {
    const stats = await (0,external_node_fs_promises_.lstat)(file);
    if (!stats.isFile() || stats.size > LARGEST_REPORT)
        return undefined;
    return readJUnit(await (0,external_node_fs_promises_.readFile)(file, 'utf8'));
}
/** Also after the run was cancelled, when `docker` itself refuses to work: then the engine is asked once more. */
async function removeContainer(docker, name) {
    await docker(['container', 'rm', '--force', '--volumes', name], { whenCancelled: 'run' }).catch(() => undefined);
}
function succeeded(result, what) {
    if (result.exitCode !== 0)
        throw containerFailed(what, lastLine(result.stderr));
    return result;
}
function containerFailed(what, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TESTS-CONTAINER',
        problem: `Could not run the tests in the image: could not ${what}.`,
        observed,
        likelyCause: 'The image has no pytest on its PATH (Astro Runtime has it), or the engine is out of space.',
        fix: 'Add pytest to requirements.txt. `force: true` deploys without tests.',
    });
}
function noIntegrityTest(folder) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TESTS-NO-INTEGRITY-TEST',
        problem: '`parse` is true, and the project has no test that could parse its DAGs.',
        observed: `${external_node_path_.join(folder, INTEGRITY_TEST)} is not there.`,
        likelyCause: 'The folder .astro is not committed (a .gitignore may name it), or `root-folder` does not name the project.',
        fix: 'Run `astro dev init` in the project with the Astro CLI, which writes it, and commit .astro/. Or leave `parse` out.',
    });
}
function noTests(file) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TESTS-NONE',
        problem: '`pytest` is true, and there are no tests to run.',
        observed: `The project has no ${file}.`,
        fix: 'Correct `pytest-file` (it is relative to the project; below tests/ unless its path says so), or leave `pytest` out.',
    });
}

;// CONCATENATED MODULE: ./src/image/inspect.ts


/**
 * Reads an image of the local engine.
 *
 * @throws ActionError ASTRO-IMAGE-NOT-FOUND, ASTRO-IMAGE-PLATFORM when it is not for linux/amd64
 */
async function inspectImage(docker, name) {
    const { exitCode, stdout, stderr } = await docker(['image', 'inspect', '--format', '{{json .}}', name]);
    if (exitCode !== 0) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-IMAGE-NOT-FOUND',
            problem: `The image ${name} is not on this machine.`,
            observed: lastLine(stderr),
            likelyCause: 'It has another name or tag, was built in another job, or was pushed but not kept (buildx needs `--load`).',
            fix: 'Build it (or `docker pull` it) in a step of this job, and pass that very name as `image-name`.',
        });
    }
    const { Id, Os, Architecture, Config } = JSON.parse(stdout);
    const platform = `${Os}/${Architecture}`;
    if (platform !== 'linux/amd64') {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-IMAGE-PLATFORM',
            problem: `The image ${name} is for another platform than Astro's.`,
            observed: `It is for ${platform}; Astro runs linux/amd64.`,
            fix: 'Build it with `--platform linux/amd64`.',
        });
    }
    return { id: Id, labels: Config?.Labels ?? {}, platform };
}

;// CONCATENATED MODULE: ./src/image/engine-context.ts



/**
 * What a client with a configuration of our own needs in its environment to reach the engine that the user's configuration
 * names. A context is handed over as a whole, with its keys for TLS; without one, docker looks for these in the folder of the
 * configuration.
 *
 * @param place.config the folder of our configuration
 * @param place.scratch a folder for the export, which whoever made it removes
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER when the context cannot be handed over
 */
async function engineOfContext(docker, env, place) {
    const certificates = defaultCertificates(env);
    if (env.DOCKER_HOST)
        return certificates;
    const { exitCode, stdout } = await docker([
        'context',
        'inspect',
        '--format',
        '{{.Name}} {{.Endpoints.docker.Host}}',
    ]);
    const [name = '', host = ''] = exitCode === 0 ? stdout.trim().split(' ') : [];
    if (name === '' || name === 'default')
        return host === '' ? certificates : { DOCKER_HOST: host, ...certificates };
    const file = external_node_path_.join(place.scratch, 'context.tar');
    const steps = [
        ['context', 'export', name, file],
        ['--config', place.config, 'context', 'import', name, file],
    ];
    for (const step of steps) {
        const result = await docker(step);
        if (result.exitCode !== 0)
            throw notHandedOver(name, lastLine(result.stderr));
    }
    return { DOCKER_CONTEXT: name };
}
/** Where docker looks for keys when the environment asks for TLS and names no place. */
function defaultCertificates(env) {
    if (env.DOCKER_CERT_PATH || !(env.DOCKER_TLS_VERIFY || env.DOCKER_TLS))
        return {};
    const home = env.HOME ?? env.USERPROFILE;
    const folder = env.DOCKER_CONFIG ?? (home === undefined ? undefined : external_node_path_.join(home, '.docker'));
    return folder === undefined ? {} : { DOCKER_CERT_PATH: folder };
}
function notHandedOver(name, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-IMAGE-NO-DOCKER',
        problem: `Could not use the Docker context ${name} to push the image.`,
        observed,
        likelyCause: 'The files of the context are incomplete, or not readable for the user of the runner.',
        fix: `Run \`docker context export ${name}\` on the runner to see the reason, or give the step DOCKER_HOST (and DOCKER_CERT_PATH) by \`env:\`.`,
    });
}

;// CONCATENATED MODULE: ./src/image/push.ts






/** What a push tells of a layer every second. */
const COUNTDOWN = /: (?:Preparing|Waiting|Retrying in \d+ seconds?)$/;
const USER = 'cli';
const LONGEST_TROUBLE_MS = 5 * 60_000;
/**
 * Signs in to the registry that holds a repository, in a Docker configuration of this run's own: the user's is neither read
 * nor changed, and no credential helper keeps the token. The password is the access token (section 3.3 of the control
 * plane's contract); it goes to standard input.
 *
 * @param folder an empty folder for the configuration; whoever made it removes it
 * @throws ActionError ASTRO-REGISTRY-…
 */
async function openRegistry(deps, folder, repository) {
    const host = repository.split('/')[0] ?? '';
    const config = external_node_path_.join(folder, 'docker');
    await (0,external_node_fs_promises_.mkdir)(config, { mode: 0o700 });
    // With an entry for a registry, docker does not go looking for a credential helper of the system.
    await (0,external_node_fs_promises_.writeFile)(external_node_path_.join(config, 'config.json'), JSON.stringify({ auths: { [host]: {} } }), {
        mode: 0o600,
    });
    const engine = await engineOfContext(deps.docker, deps.env, { config, scratch: folder });
    const docker = (args, options) => deps.docker(['--config', config, ...args], { ...options, env: { ...engine, ...options?.env } });
    const login = async () => docker(['login', '--username', USER, '--password-stdin', host], { input: await deps.accessToken() });
    await repeatedly(deps, `sign in to ${host}`, host, login);
    return {
        async push(image, repo, tag) {
            const target = `${repo}:${tag}`;
            try {
                const tagged = await docker(['tag', image, target], { whenCancelled: 'finish' });
                if (tagged.exitCode !== 0)
                    throw registryError(host, `name the image ${target}`, tagged);
                const onLine = (line) => {
                    if (!COUNTDOWN.test(line))
                        deps.log.info(line);
                };
                let isTokenNew = false;
                const { stdout } = await repeatedly(deps, `push the image to ${target}`, host, async () => {
                    const pushed = await docker(['push', target], { onLine });
                    if (pushed.exitCode === 0 || isTokenNew || !UNAUTHORIZED.test(pushed.stderr))
                        return pushed;
                    isTokenNew = true;
                    deps.log.info('The registry no longer takes the sign-in; signing in with a new token.');
                    const signedIn = await login();
                    return signedIn.exitCode === 0 ? docker(['push', target], { onLine }) : signedIn;
                });
                return /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1] ?? 'unknown';
            }
            finally {
                await docker(['image', 'rm', target], { whenCancelled: 'run' }).catch(() => undefined);
            }
        },
    };
}
/**
 * Registries fail in passing; only an answer that says "not you", and what no wait makes better, are final. An attempt may take
 * long before it fails, since docker tries by itself too, so the time from the first failure on is limited as well.
 */
function repeatedly(deps, what, host, run) {
    const random = deps.random ?? Math.random;
    let lastChance = Infinity;
    return tryRepeatedly({ ...deps, random }, what, async () => {
        const result = await run();
        if (result.exitCode === 0)
            return { kind: 'final', result };
        const now = deps.clock.now();
        if (isFinal(result) || now > lastChance)
            throw registryError(host, what, result);
        lastChance = Math.min(lastChance, now + LONGEST_TROUBLE_MS);
        const giveUp = () => {
            throw registryError(host, what, result);
        };
        return { kind: 'failed', seen: lastLine(result.stderr), giveUp };
    });
}
const UNAUTHORIZED = /\b401\b|unauthorized|authentication required|no basic auth credentials|incorrect username/i;
const FORBIDDEN = /\b403\b|forbidden|denied/i;
/** Certificates, space, and names that the registry will never take. */
const PERMANENT = /\bx509\b|certificate signed by unknown authority|no space left on device|disk quota exceeded|server gave HTTP response to HTTPS client|invalid reference format|(?:image|tag) does not exist/i;
const isFinal = ({ stderr }) => [UNAUTHORIZED, FORBIDDEN, PERMANENT].some((pattern) => pattern.test(stderr));
function registryError(host, what, { exitCode, stderr }) {
    const problem = `Could not ${what}.`;
    const observed = `docker ended with exit code ${exitCode}: ${lastLine(stderr)}`;
    if (UNAUTHORIZED.test(stderr)) {
        return new src_errors/* ActionError */.lZ({
            code: 'ASTRO-REGISTRY-UNAUTHORIZED',
            problem,
            observed,
            likelyCause: `The registry ${host} does not take the access token: it has expired, was revoked, or a proxy answered.`,
            fix: 'Run again; if it happens again, create a new API token and store it as the secret that this workflow reads.',
        });
    }
    if (FORBIDDEN.test(stderr)) {
        return new src_errors/* ActionError */.lZ({
            code: 'ASTRO-REGISTRY-FORBIDDEN',
            problem,
            observed,
            likelyCause: 'The credential may not push images for this Deployment: its role is too small, or it is of another Deployment.',
            fix: 'Use an API token of this Deployment with the Deployment Admin role, or of its Workspace with the Workspace Operator role.',
        });
    }
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-REGISTRY-FAILED',
        problem,
        observed,
        likelyCause: PERMANENT.test(stderr)
            ? 'The engine of this runner cannot push anything there: it does not trust the certificate (of a proxy, for example), or is out of space.'
            : `The registry ${host} has a problem of its own, or the network between this runner and it.`,
        fix: `Run again. If it happens again, allow connections from the runner to ${host}, and look at the Astro status page.`,
    });
}

// EXTERNAL MODULE: ./src/image/runtime-version.ts
var runtime_version = __webpack_require__(6119);
;// CONCATENATED MODULE: ./src/image/runtime-check.ts


const RUNTIME_LABEL = 'io.astronomer.docker.runtime.version';
/**
 * Refuses an image that Astro would not run on this Deployment, before anything is written (section 4 of the control
 * plane's contract). Returns the runtime version that the image brings, as Astro writes it.
 *
 * @param supported the versions that Astro offers the Deployment
 * @throws ActionError ASTRO-RUNTIME-…
 */
function requireRuntime(image, deployment, supported) {
    const label = image.labels[RUNTIME_LABEL];
    const current = deployment.astroRuntimeVersion;
    const from = image.from === undefined ? 'the prebuilt image' : `the Dockerfile's \`${image.from}\``;
    const place = `the Deployment ${deployment.name} (${deployment.id})`;
    switch ((0,runtime_version/* findRuntimeProblem */.tW)({ label, current, supported })) {
        case undefined:
            return [current, ...supported].find((version) => (0,runtime_version/* isSameRuntime */.fJ)(version, label ?? '')) ?? label ?? '';
        case 'label-missing':
            return refuse('ASTRO-RUNTIME-LABEL', {
                problem: 'The image is not based on Astro Runtime.',
                observed: `It has no label ${RUNTIME_LABEL}; it comes from ${from}.`,
                fix: 'Let the last stage of the Dockerfile start FROM an image of Astro Runtime.',
            });
        case 'downgrade':
            return refuse('ASTRO-RUNTIME-DOWNGRADE', {
                problem: `The image would take ${place} back to an older runtime.`,
                observed: `It runs ${current}; the image, from ${from}, has ${label ?? ''}.`,
                likelyCause: 'The Deployment was upgraded from another branch, or its database cannot go back.',
                fix: `Use Astro Runtime ${current} or newer in the FROM line. To go back to an earlier deploy, use a rollback.`,
            });
        case 'airflow-3-jump':
            return refuse('ASTRO-RUNTIME-AIRFLOW-3', {
                problem: `The image would take ${place} to Airflow 3 in too large a step.`,
                observed: `It runs ${current}; the image, from ${from}, has ${label ?? ''}. Astro upgrades to Airflow 3 from runtime ${runtime_version/* OLDEST_BEFORE_AIRFLOW_3 */.Df} on.`,
                fix: `Deploy runtime ${runtime_version/* OLDEST_BEFORE_AIRFLOW_3 */.Df} or a newer one of Airflow 2 first, then this one.`,
            });
        case 'unsupported':
            return refuse('ASTRO-RUNTIME-UNSUPPORTED', {
                problem: `Astro does not offer the image's runtime to ${place}.`,
                observed: `The image, from ${from}, has ${label ?? ''}; the Deployment runs ${current}. Offered are ${supported.join(', ') || 'none'}.`,
                likelyCause: 'The version was withdrawn, is not released yet, or is a custom build.',
                fix: 'Use one of the offered versions in the FROM line.',
            });
    }
}
function refuse(code, parts) {
    throw new src_errors/* ActionError */.lZ({ code, ...parts });
}

// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
;// CONCATENATED MODULE: ./src/scratch.ts




/**
 * Gives `work` a folder of its own under RUNNER_TEMP that only this user can read, and removes it afterwards, however the
 * work ends. Throws `ASTRO-RUNNER-TEMP` when there is no room for one, and what `work` throws.
 */
async function withScratch(env, work) {
    const { RUNNER_TEMP: given = '' } = env;
    const place = external_node_path_.resolve(given === '' ? (0,external_node_os_.tmpdir)() : given);
    const folder = await (0,external_node_fs_promises_.mkdtemp)(external_node_path_.join(place, 'deploy-to-astro-')).catch((error) => {
        throw notUsable(place, error);
    });
    try {
        return await work(folder);
    }
    catch (error) {
        throw isAboutFile(error, folder) ? notUsable(place, error) : error;
    }
    finally {
        await (0,external_node_fs_promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
}
/** Of a disk: a write that fails does not name its file. */
const DISK_CODES = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);
/** Whether the system refused to write or read a file of the folder: a full disk, say. */
function isAboutFile(error, folder) {
    const { syscall, code, path: file } = (error ?? {});
    if (syscall === undefined)
        return false;
    return typeof file === 'string' ? file.startsWith(folder) : DISK_CODES.has(code);
}
function notUsable(place, error) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-RUNNER-TEMP',
        problem: 'The folder of the runner for temporary files cannot be used.',
        observed: `${place}: ${(0,src_errors/* describeError */.Uc)(error)}`,
        likelyCause: 'The disk of the runner is full, or RUNNER_TEMP names a folder that is not there or is not writable.',
        fix: 'Free space on the runner, or repair its work folder, then run again.',
        cause: error,
    });
}

;// CONCATENATED MODULE: ./src/image/test-results.ts


const SHOWN = 10;
/** pytest's own exit codes. */
const NONE_COLLECTED = 5;
/**
 * Annotations for what failed, on files of the repository.
 *
 * @param where.projectPath the project inside the workspace
 * @param where.dagsPath the DAG folder inside the project; in the image it is called dags
 */
function annotate({ kind, report }, where) {
    return (report?.failures ?? []).flatMap((failure) => {
        if (failure.file === undefined)
            return [];
        const inProject = failure.file.startsWith('dags/')
            ? external_node_path_.posix.join(where.dagsPath, failure.file.slice('dags/'.length))
            : failure.file;
        return [
            {
                file: external_node_path_.posix.join(where.projectPath, inProject),
                line: failure.line,
                title: kind === 'parse' ? 'The DAG does not import' : `${failure.name} failed`,
                message: failure.message,
            },
        ];
    });
}
/** The error that ends the deploy; undefined when the tests passed. */
function testError({ kind, exitCode, report, summary }) {
    if (exitCode === 0)
        return undefined;
    const failures = report?.failures ?? [];
    const asked = kind === 'parse' ? 'The DAGs do not parse in the new image' : 'Tests failed in the new image';
    if (failures.length > 0) {
        return new src_errors/* ActionError */.lZ({
            code: kind === 'parse' ? 'ASTRO-TESTS-PARSE' : 'ASTRO-TESTS-FAILED',
            problem: `${asked}, so nothing was deployed.`,
            observed: [`pytest says: ${summary}`, ...list(failures)].join('\n'),
            fix: 'Each failure is annotated at its line, and the whole output is in the log above. `force: true` deploys without tests.',
        });
    }
    if (exitCode === NONE_COLLECTED) {
        return new src_errors/* ActionError */.lZ({
            code: 'ASTRO-TESTS-NONE',
            problem: 'pytest found no test to run, so nothing was deployed.',
            observed: `pytest says: ${summary}`,
            fix: 'Correct `pytest-file`, or leave `pytest` out. Files of tests are named test_*.py.',
        });
    }
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-TESTS-BROKEN',
        problem: `The tests could not be run to their end (${kind}), so nothing was deployed.`,
        observed: `pytest ended with exit code ${exitCode}: ${summary}`,
        likelyCause: 'The image lacks pytest, its entrypoint failed, or the machine ran out of memory.',
        fix: 'Read the output of the tests in the log above. `force: true` deploys without tests.',
    });
}
function list(failures) {
    const lines = failures
        .slice(0, SHOWN)
        .map(({ name, message }) => `- ${name}: ${message.split('\n')[0] ?? ''}`);
    const rest = failures.length - lines.length;
    return rest > 0 ? [...lines, `and ${rest} more`] : lines;
}

;// CONCATENATED MODULE: ./src/image/with-image.ts











/**
 * Fails before anything is built when a test that was asked for is not there, no Dockerfile to build from, or no DAG file in
 * what the build sees although the image has to bring them.
 */
async function requireImageFiles({ inputs, project, log }, need) {
    const { folder, tree, dagFolder } = project();
    if (inputs.imageName === undefined) {
        const warnings = await checkContext({
            folder,
            dagsPath: inputs.dagsPath,
            dockerfile: await readProjectDockerfile(folder),
            dockerIgnore: (await tree).dockerIgnore,
            ships: need.ships,
            dagFiles: need.bringsDags ? (await dagFolder).files.map((file) => file.path) : undefined,
        });
        for (const warning of warnings)
            log.warning(warning);
    }
    for (const kind of need.tests)
        await requireTestFile(folder, kind, testFile(kind, inputs.pytestFile));
}
/**
 * Builds, checks and tests the image that a deploy needs, signs in to the registry, and does `work` with it. Whatever was
 * made on the way (files, containers, the image's local name) is gone afterwards, however the work ends.
 *
 * @throws ActionError ASTRO-IMAGE-…, ASTRO-RUNTIME-…, ASTRO-TESTS-…, ASTRO-REGISTRY-…
 */
async function withImage(run, need, work) {
    const { docker, inputs, astro, target, deployment, stage, log } = run;
    const offered = need.ships ? astro.getDeploymentOptions(target) : undefined;
    offered?.catch(() => undefined);
    const builder = inputs.imageName === undefined ? await findBuilder(docker) : undefined;
    if (!builder)
        await requireEngine(docker);
    return withScratch(run.env, async (scratch) => {
        const name = inputs.imageName ?? `deploy-to-astro-${(0,external_node_crypto_.randomBytes)(8).toString('hex')}:latest`;
        try {
            const image = builder === undefined
                ? await inspectImage(docker, name)
                : await stage('Build the image', () => build(run, need, { builder, scratch, name }));
            const runtimeVersion = offered &&
                (await checkRuntime(run, image, await offered.then(({ runtimeReleases }) => runtimeReleases)));
            for (const kind of need.tests)
                await stage(TITLES[kind], () => test(run, image, kind, scratch));
            if (runtimeVersion === undefined)
                return await work(undefined);
            const accessToken = () => run.session.accessToken();
            const registry = await openRegistry({ ...run, accessToken }, scratch, deployment.imageRepository);
            log.info(`Signed in to the registry of ${deployment.imageRepository}.`);
            return await work({
                runtimeVersion,
                push: (repository, tag) => registry.push(image.id, repository, tag),
            });
        }
        finally {
            if (inputs.imageName === undefined) {
                await docker(['image', 'rm', name], { whenCancelled: 'run' }).catch(() => undefined);
            }
        }
    });
}
const TITLES = {
    parse: 'Parse the DAGs in the image',
    pytest: 'Run the tests in the image',
};
async function build(run, need, { builder, scratch, name }) {
    const { inputs, secrets } = run;
    const { folder, tree, commit } = run.project();
    run.log.info(builder === 'buildx' ? 'Building with docker buildx.' : 'Building with docker build and BuildKit.');
    await buildImage({ ...run, hide: secrets.hide }, {
        builder,
        folder,
        scratch,
        tag: name,
        dagsPath: inputs.dagsPath,
        dagsInImage: need.bringsDags,
        dockerIgnore: (await tree).dockerIgnore,
        args: inputs.buildArgs,
        secrets: inputs.buildSecrets,
        labels: labelsFor(await commit),
    });
    return inspectImage(run.docker, name);
}
function labelsFor(commit) {
    if (!commit)
        return {};
    const { serverUrl, owner, name } = commit.repository;
    return {
        'org.opencontainers.image.revision': commit.sha,
        'org.opencontainers.image.source': `${serverUrl}/${owner}/${name}`,
    };
}
async function checkRuntime(run, image, releases) {
    const { inputs, deployment, project, log } = run;
    const from = inputs.imageName === undefined
        ? (0,image_dockerfile/* readDockerfile */.n)(await readProjectDockerfile(project().folder)).from
        : undefined;
    const supported = releases.map(({ version }) => version);
    const version = requireRuntime({ labels: image.labels, from }, deployment, supported);
    log.info(`The image has Astro Runtime ${version}; the Deployment runs ${deployment.astroRuntimeVersion || 'none'}.`);
    return version;
}
const testFile = (kind, pytestFile) => kind === 'parse' ? INTEGRITY_TEST : pytestTarget(pytestFile);
async function test(run, image, kind, scratch) {
    const { inputs, log, tell, project } = run;
    const { dagsPath, rootFolder } = inputs;
    const outcome = await runTests(run, {
        kind,
        image: image.id,
        folder: project().folder,
        dagsPath,
        file: testFile(kind, inputs.pytestFile),
        scratch,
    });
    for (const { message, ...place } of annotate(outcome, { projectPath: rootFolder, dagsPath })) {
        log.errorAt(place, message);
    }
    tell({ [kind]: summarize(outcome) });
    const error = testError(outcome);
    if (error)
        throw error;
}
function summarize({ report, summary }) {
    return { summary, failures: report?.failures ?? [] };
}

;// CONCATENATED MODULE: ./src/project/monitoring-dag.ts
/**
 * The file that a Deployment of type HYBRID needs among its DAGs: Astronomer's monitoring watches whether the runs of
 * its one DAG succeed.
 *
 * @param airflowMajor of the Airflow that will read it: 2 or 3
 */
function monitoringDag(airflowMajor) {
    return { path: 'dags/astronomer_monitoring_dag.py', content: sourceFor(airflowMajor) };
}
/** The largest number that the column of a task's priority takes: 32 bits, signed. */
const TOP_PRIORITY = 2 ** 31 - 1;
/** Airflow 3 moved the imports and dropped `schedule_interval`, which is the only name that every Airflow 2 knows. */
function sourceFor(airflowMajor) {
    const isAirflow2 = airflowMajor < 3;
    const imports = isAirflow2
        ? ['from airflow import DAG', 'from airflow.operators.bash import BashOperator']
        : ['from airflow.providers.standard.operators.bash import BashOperator', 'from airflow.sdk import DAG'];
    return `"""Shows that this Deployment schedules and runs tasks. Added on deploy; part of Astro's monitoring."""

import os
from datetime import datetime, timedelta

${imports.join('\n')}

with DAG(
    dag_id="astronomer_monitoring_dag",
    ${isAirflow2 ? 'schedule_interval' : 'schedule'}=os.environ.get("AIRFLOW_MONITORING_DAG_SCHEDULE_INTERVAL", "*/5 * * * *"),
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args={"owner": "airflow", "depends_on_past": False, "retries": 0},
    description="Checks that the Deployment schedules and runs tasks.",
    tags=["monitoring"],
) as dag:
    BashOperator(
        task_id="echo",
        bash_command="echo alive",
        priority_weight=${TOP_PRIORITY},
        do_xcom_push=False,
    )
`;
}

;// CONCATENATED MODULE: ./src/deploy/blob.ts
const loadSdk = () => Promise.all(/* import() */[__webpack_require__.e(824), __webpack_require__.e(55)]).then(__webpack_require__.bind(__webpack_require__, 1055));
/** Begins to load the SDK, which takes some 40 ms of processor time: best while an answer is awaited anyway. */
function preloadSdk() {
    // Whoever needs it meets the failure.
    loadSdk().catch(() => undefined);
}
/**
 * A client for the one blob that a SAS URL gives access to, over the connections of `agent`.
 *
 * The SDK's retries are off. It knows no deadline of its own for an answer that never comes, and does not repeat after
 * 408, 429, 502 or 504, which proxies and gateways send.
 */
async function openBlob(url, userAgent, agent) {
    const { AnonymousCredential, BlockBlobClient, newPipeline } = await loadSdk();
    const pipelineOptions = {
        agent,
        retryOptions: { maxTries: 1 },
        userAgentOptions: { userAgentPrefix: userAgent },
    };
    return new BlockBlobClient(url.href, newPipeline(new AnonymousCredential(), pipelineOptions));
}

;// CONCATENATED MODULE: ./src/deploy/finalize.ts

const finalize_TRIES = 4;
const finalize_PAUSE_MS = 1_000;
/** Answers to which a second request can only get the same one. */
const FINAL_CODES = new Set(['ASTRO-API-UNAUTHORIZED', 'ASTRO-API-FORBIDDEN']);
/** Answers by which Astro itself says that it did not act. */
const CLEAR_CODES = new Set([
    ...FINAL_CODES,
    'ASTRO-API-REFUSED',
    'ASTRO-API-NOT-FOUND',
    'ASTRO-API-CONFLICT',
    'ASTRO-API-RATE-LIMIT',
]);
/**
 * Finalizes a deploy. Whether a second finalize is accepted is not documented, so an unclear answer is resolved by
 * reading the deploy (section 8 of the control plane's contract): DEPLOYED with our version is success, INITIALIZED means
 * that the request had no effect and is sent again, FAILED that it had one and came to
 * nothing. So a deploy that is returned is DEPLOYED, or FAILED, or as the answer to the finalize calls it.
 *
 * @param dagVersion of the uploaded DAG bundle; undefined for a deploy without one
 */
async function finalizeDeploy(deps, target, deployId, dagVersion) {
    let clear = true;
    const body = dagVersion === undefined ? {} : { dagTarballVersion: dagVersion };
    for (let attempt = 1;; attempt++) {
        try {
            return await deps.astro.finalizeDeploy(target, deployId, body);
        }
        catch (error) {
            if (!(error instanceof src_errors/* ActionError */.lZ) || deps.signal?.aborted)
                throw error;
            clear &&= CLEAR_CODES.has(error.code);
            if (FINAL_CODES.has(error.code)) {
                if (clear)
                    deps.onNotTaken?.();
                throw error;
            }
            const seen = (error.observed ?? error.code).replace(/\.$/, '');
            deps.log.info(`The finalize did not succeed (${seen}). Reading the deploy, to see whether Astro took it.`);
            const deploy = await deps.astro.getDeploy(target, deployId);
            if (deploy.status === 'FAILED')
                return deploy;
            const isOurs = dagVersion === undefined || deploy.dagTarballVersion === dagVersion;
            if (deploy.status === 'DEPLOYED' && isOurs)
                return deploy;
            if (deploy.status !== 'INITIALIZED')
                throw error;
            if (attempt >= finalize_TRIES || error.code === 'ASTRO-API-REFUSED') {
                if (clear)
                    deps.onNotTaken?.();
                throw error;
            }
            await deps.clock.sleep(finalize_PAUSE_MS * attempt, deps.signal);
        }
    }
}

// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(7075);
;// CONCATENATED MODULE: ./src/project/memory.ts
const releasable = new WeakSet();
/** A Buffer with memory of its own, whose content is arbitrary, and which `release` can take back. */
function allocate(bytes) {
    return owned(Buffer.allocUnsafeSlow(bytes));
}
/**
 * Gives back the memory of a Buffer now. A stream of many megabytes would otherwise pile up dead buffers until the
 * garbage collector, which hardly sees their size, happens to run. Does nothing to memory that is not from `allocate`
 * or `owned`; the Buffer, and every other view of its memory, is empty afterwards.
 */
function release(buffer) {
    if (releasable.delete(buffer.buffer))
        buffer.buffer.transfer(0);
}
/** Marks the memory of a Buffer as such that `release` may take back. It must serve nobody else. */
function owned(buffer) {
    releasable.add(buffer.buffer);
    return buffer;
}

;// CONCATENATED MODULE: ./src/user-agent.ts
/** Kept equal to package.json by a test. */
const VERSION = '1.0.0';
/** An honest name for this client, with the version that the workflow asked for when the runner tells it. */
function userAgent(env) {
    const ref = env.GITHUB_ACTION_REF;
    const asked = ref !== undefined && /^[\w./-]{1,64}$/.test(ref) ? ` (ref ${ref})` : '';
    return `deploy-to-astro/${VERSION}${asked}`;
}

;// CONCATENATED MODULE: ./src/deploy/upload-failure.ts


/** Reads an error of the SDK; undefined for errors that are not about a request. */
function readFailure(thrown, url) {
    if (!(thrown instanceof Error) || thrown.name !== 'RestError')
        return undefined;
    const error = thrown;
    const header = (name) => error.response?.headers.get(name);
    const isPage = /^\s*<(?:!doctype|html)/i.test(error.message);
    const firstLine = isPage ? 'a web page' : (error.message.split('\n', 1)[0] ?? '');
    return {
        status: error.statusCode,
        code: header('x-ms-error-code') ?? error.code,
        requestId: header('x-ms-request-id'),
        message: url.search === '' ? firstLine : firstLine.replaceAll(url.search, ''),
        retryAfter: header('retry-after'),
    };
}
function timedOut(ms) {
    return {
        status: undefined,
        code: undefined,
        requestId: undefined,
        message: `no answer within ${Math.round(ms / 1000)} s`,
        retryAfter: undefined,
    };
}
/** Content that was damaged on the way, and an answer that was. */
const TRANSIENT_CODES = new Set(['Md5Mismatch', 'PARSE_ERROR']);
const TRANSIENT_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
/** Every request of an upload may be repeated: blocks and block lists are set, not added to. */
function upload_failure_isTransient(failure) {
    const { status, code } = failure;
    if (adviceOn(code))
        return false;
    return status === undefined || TRANSIENT_STATUSES.has(status) || TRANSIENT_CODES.has(code ?? '');
}
function describeFailure(failure) {
    const status = failure.status === undefined ? [] : [`HTTP ${failure.status}`];
    const code = failure.code === undefined ? [] : [failure.code];
    const message = failure.message === '' ? '' : `: ${failure.message}`;
    const requestId = failure.requestId === undefined ? '' : ` (request ID ${failure.requestId})`;
    return `${[...status, ...code].join(' ') || 'No answer'}${message}${requestId}`;
}
/** The error for a failure that was not, or not successfully, repeated. */
function uploadError(failure, host) {
    const observed = `${host}: ${describeFailure(failure)}`;
    if (failure.status === 403) {
        return new src_errors/* ActionError */.lZ({
            code: 'ASTRO-UPLOAD-REFUSED',
            problem: 'The blob store did not accept the upload address that Astro gave for the DAG bundle.',
            observed,
            likelyCause: 'The address has expired (it is short-lived, and the clock of this machine must be right), or a firewall rule of the storage account refuses this machine.',
            fix: 'Run the job again: every deploy gets a new address. If it happens again at once, ask for the network rules between this runner and the blob store.',
        });
    }
    if (failure.code === 'InvalidBlockList' || failure.code === 'InvalidBlobOrBlock') {
        return new src_errors/* ActionError */.lZ({
            code: 'ASTRO-UPLOAD-INTERRUPTED',
            problem: 'The blob store lost parts of the DAG bundle before they were put together.',
            observed,
            likelyCause: 'Another deploy to the same Deployment uploaded its bundle at the same time.',
            fix: 'Give the jobs that deploy to one Deployment a common `concurrency` group, and run this one again.',
        });
    }
    if (failure.status === undefined) {
        const advice = adviceOn(failure.code) ?? {
            code: 'ASTRO-UPLOAD-UNREACHABLE',
            likelyCause: 'The network between this runner and the blob store, a proxy or a firewall.',
            fix: `Allow connections to ${host}, or set https_proxy and no_proxy as your network needs them, and run the job again.`,
        };
        return new src_errors/* ActionError */.lZ({
            ...advice,
            problem: 'The DAG bundle could not be sent to the blob store.',
            observed,
        });
    }
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-UPLOAD-FAILED',
        problem: 'The blob store did not take the DAG bundle.',
        observed,
        likelyCause: 'A failure of the blob store, or a proxy that answers in its place.',
        fix: 'Run the job again. If it happens again, contact Astronomer support with the request ID.',
    });
}
function versionMissing(host) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-UPLOAD-NO-VERSION',
        problem: 'The blob store took the DAG bundle but did not say which version it became, so it cannot be deployed.',
        observed: `The answer of ${host} has no x-ms-version-id header.`,
        likelyCause: 'A proxy on the way removes headers that it does not know, or versioning is off for the blob store.',
        fix: `Let the proxy pass the headers of ${host} unchanged, or add the host to no_proxy. Nothing was deployed.`,
    });
}
/** @param url undefined for what is no URL at all */
function unusableUrl(url) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-UPLOAD-URL',
        problem: 'Astro gave an upload address that cannot be used.',
        observed: url ? `It is a ${url.protocol.slice(0, -1)} address at ${url.host}.` : 'It is not a URL.',
        likelyCause: 'Only https is accepted (plain http for this machine itself): the address carries a permission to write.',
        fix: 'Check the domain input. If it is right, contact Astronomer support.',
    });
}
function nothingToSend() {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-UPLOAD-EMPTY',
        problem: 'There is nothing to upload: the DAG bundle has no content.',
        likelyCause: 'A defect of this action. An empty bundle would remove every DAG of the Deployment, so it is not sent.',
        fix: 'Open an issue with the log of this run.',
    });
}

;// CONCATENATED MODULE: ./src/deploy/upload-attempts.ts


/** A megabit in four seconds: four connections then share a line of one megabit a second. */
const SLOWEST_BYTES_PER_MS = 32;
/**
 * Sends one request of an upload to the blob store at `url`, again after transient failures.
 *
 * @param bytes that the request carries
 * @throws ActionError ASTRO-UPLOAD-…; the signal's reason
 */
function upload_attempts_repeatedly(deps, url, bytes, request) {
    const timeoutMs = deps.patienceMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);
    return tryRepeatedly(deps, 'send a part of the DAG bundle', async () => {
        const deadline = AbortSignal.timeout(timeoutMs);
        try {
            return { kind: 'final', result: await request(AbortSignal.any([deps.signal, deadline])) };
        }
        catch (error) {
            deps.signal.throwIfAborted();
            const failure = deadline.aborted
                ? timedOut(timeoutMs)
                : readFailure(error, url);
            if (!failure)
                throw error;
            if (!upload_failure_isTransient(failure))
                throw uploadError(failure, url.host);
            const giveUp = () => {
                throw uploadError(failure, url.host);
            };
            return { kind: 'failed', seen: describeFailure(failure), retryAfter: failure.retryAfter, giveUp };
        }
    });
}

;// CONCATENATED MODULE: ./src/deploy/upload-blocks.ts


const BLOCK_BYTES = 4 * 1024 * 1024;
/** Full blocks, and a last one of what is left. Blocks in `idle` are used again; chunks are released. */
async function* inBlocks(chunks, idle) {
    let block;
    let used = 0;
    for await (const chunk of chunks) {
        for (let taken = 0; taken < chunk.length;) {
            block ??= idle.pop() ?? allocate(BLOCK_BYTES);
            const copied = chunk.copy(block, used, taken);
            taken += copied;
            used += copied;
            if (used === block.length) {
                yield block;
                block = undefined;
                used = 0;
            }
        }
        release(chunk);
    }
    if (block && used > 0)
        yield block.subarray(0, used);
}
/** Lets the blob store refuse what did not arrive as it was sent. MD5 is the checksum that it takes; FIPS forbids it. */
function checksumOf(blocks) {
    if ((0,external_node_crypto_.getFips)() === 1)
        return {};
    const hash = (0,external_node_crypto_.createHash)('md5');
    for (const block of blocks)
        hash.update(block);
    return { transactionalContentMD5: hash.digest() };
}
/** Stores blocks with at most `limit` of them under way. After a failure nothing more is begun. */
function stageBlocks(limit, store) {
    const newId = blockIds();
    const ids = [];
    const underWay = new Set();
    let failed;
    const throwFailed = () => {
        if (failed)
            throw failed.error;
    };
    return {
        ids,
        async add(block) {
            while (underWay.size >= limit)
                await Promise.race(underWay);
            throwFailed();
            const id = newId();
            ids.push(id);
            const storing = store(id, block)
                .catch((error) => {
                failed ??= { error };
            })
                .finally(() => underWay.delete(storing));
            underWay.add(storing);
        },
        async finish() {
            await Promise.all(underWay);
            throwFailed();
        },
    };
}
/**
 * IDs are 64 bytes because Azure wants those of all uncommitted blocks of a blob to be equally long, other clients'
 * included, and the Go SDK (in the Astro CLI) makes them so: an upload that it left unfinished does not get in the way.
 */
function blockIds() {
    const prefix = (0,external_node_crypto_.randomBytes)(29).toString('hex');
    let next = 0;
    return () => Buffer.from(prefix + String(next++).padStart(6, '0')).toString('base64');
}

;// CONCATENATED MODULE: ./src/deploy/upload.ts









/** Up to this many blocks go in one request, which is one round trip; more are staged side by side and then listed. */
const BLOCKS_IN_ONE_REQUEST = 2;
const BLOCKS_AT_ONCE = 4;
const upload_PATIENCE_MS = 30_000;
const PROGRESS_EVERY_MS = 5_000;
/**
 * Stores a bundle in the blob that a SAS URL names. Every request is repeated after transient failures; each completed
 * upload makes a version of its own, and the one that is returned is complete, whatever happened before.
 *
 * @throws ActionError ASTRO-UPLOAD-…; the signal's reason; what `body` throws
 */
async function uploadBundle(upload) {
    const url = checkedUrl(upload.url);
    const userAgent = upload.userAgent ?? `deploy-to-astro/${VERSION}`;
    const client = await openBlob(url, userAgent, upload.agentFor(url, 'kept'));
    const stopped = new AbortController();
    const signal = upload.signal ? AbortSignal.any([upload.signal, stopped.signal]) : stopped.signal;
    const progress = reportProgress(upload);
    try {
        const { versionId, bytes } = await send(client, url, upload, signal, progress.sent);
        if (versionId === undefined || versionId === '')
            throw versionMissing(url.host);
        return { versionId, bytes };
    }
    finally {
        progress.stop();
        stopped.abort();
    }
}
async function send(client, url, upload, signal, onSent) {
    const deps = {
        clock: upload.clock ?? systemClock,
        random: upload.random ?? Math.random,
        log: { info: (line) => upload.onProgress?.(line) },
        signal,
        patienceMs: upload.patienceMs ?? upload_PATIENCE_MS,
    };
    const attempt = (bytes, request) => upload_attempts_repeatedly(deps, url, bytes, request);
    const idle = [];
    const staging = stageBlocks(BLOCKS_AT_ONCE, async (id, block) => {
        const integrity = checksumOf([block]);
        await attempt(block.length, (abortSignal) => client.stageBlock(id, block, block.length, { abortSignal, ...integrity }));
        onSent(block.length);
        idle.push(Buffer.from(block.buffer));
    });
    const waiting = [];
    let bytes = 0;
    for await (const block of inBlocks(upload.body, idle)) {
        signal.throwIfAborted();
        bytes += block.length;
        waiting.push(block);
        if (staging.ids.length > 0 || waiting.length > BLOCKS_IN_ONE_REQUEST) {
            for (const ready of waiting.splice(0))
                await staging.add(ready);
        }
    }
    signal.throwIfAborted();
    if (bytes === 0)
        throw nothingToSend();
    if (staging.ids.length === 0) {
        const integrity = checksumOf(waiting);
        const { versionId } = await attempt(bytes, (abortSignal) => client.upload(() => external_node_stream_.Readable.from(waiting), bytes, { abortSignal, ...integrity }));
        for (const block of waiting)
            release(block);
        return { versionId, bytes };
    }
    await staging.finish();
    for (const block of idle)
        release(block);
    const { versionId } = await attempt(0, (abortSignal) => client.commitBlockList([...staging.ids], { abortSignal }));
    return { versionId, bytes };
}
function reportProgress(upload) {
    let sent = 0;
    const startedAt = performance.now();
    const timer = setInterval(() => {
        const seconds = (performance.now() - startedAt) / 1000;
        upload.onProgress?.(`Uploading: ${megabytes(sent)} MB after ${seconds.toFixed(0)} s.`);
    }, upload.progressEveryMs ?? PROGRESS_EVERY_MS);
    timer.unref();
    return { sent: (bytes) => (sent += bytes), stop: () => clearInterval(timer) };
}
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
function checkedUrl(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url && mayCarrySecrets(url))
        return url;
    throw unusableUrl(url);
}

;// CONCATENATED MODULE: ./src/deploy/apply.ts




/**
 * Carries out a plan: create, push, upload, finalize. Nothing is written before the create, and until the finalize the
 * Deployment keeps running what it ran. Throws ActionError; `progress` then knows how far it came.
 */
async function applyDeploy(deps, target, plan, { body, push }) {
    const { astro, log, progress } = deps;
    progress.reached('creating');
    const creating = astro.createDeploy(target, plan.request);
    preloadSdk();
    const created = await creating;
    hideSignature(created, deps.hide);
    progress.reached('created', created.id);
    deps.onCreated(created);
    log.info(`Created the deploy ${created.id}.`);
    if (push) {
        const { imageRepository, imageTag } = created;
        progress.reached('pushing');
        const digest = await push(imageRepository, imageTag);
        progress.reached('pushed');
        log.info(`Pushed the image ${imageRepository}:${imageTag}, ${digest}.`);
    }
    const dagVersion = body && (await upload(deps, created, body));
    progress.reached('finalizing');
    const onNotTaken = () => progress.reached(body ? 'uploaded' : 'pushed');
    const finalized = await finalizeDeploy({ ...deps, onNotTaken }, target, created.id, dagVersion);
    progress.reached(finalized.status === 'FAILED' ? 'failed' : 'finalized');
    log.info(`Finalized: the deploy is ${finalized.status}.`);
    return { deploy: finalized, dagVersion };
}
async function upload({ log, progress, signal, clock, agentFor }, created, body) {
    const { versionId, bytes } = await uploadBundle({
        url: uploadUrl(created),
        body,
        agentFor,
        signal,
        onProgress: log.info,
        clock,
    });
    progress.reached('uploaded');
    log.info(`Uploaded the DAG bundle: ${bytes.toLocaleString('en')} bytes, version ${versionId}.`);
    return versionId;
}
/** The address carries its own permission to write: a signature in its query. */
function hideSignature({ dagsUploadUrl }, hide) {
    if (dagsUploadUrl === undefined)
        return;
    hide(dagsUploadUrl);
    const signature = URL.canParse(dagsUploadUrl) ? new URL(dagsUploadUrl).searchParams.get('sig') : null;
    if (signature !== null)
        hide(signature);
}
function uploadUrl(deploy) {
    if (deploy.dagsUploadUrl !== undefined)
        return deploy.dagsUploadUrl;
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DEPLOY-NO-UPLOAD-URL',
        problem: `Astro gave no address to upload the DAGs to for the deploy ${deploy.id}.`,
        observed: `Its answer says that DAG-only deploys are ${deploy.isDagDeployEnabled ? 'on' : 'off'} for the Deployment.`,
        likelyCause: deploy.isDagDeployEnabled ? 'A defect of Astro.' : 'They were switched off a moment ago.',
        fix: deploy.isDagDeployEnabled
            ? 'Run again. If it happens again, contact Astronomer support with the ID of the deploy.'
            : 'Switch on DAG-only deploys in the settings of the Deployment, then run again.',
    });
}

;// CONCATENATED MODULE: ./src/deploy/check.ts
const PYTHON_PATH = 'PYTHONPATH';
/**
 * Checks the Python files that the deploy would bring, before anything is written. What is in them was read while the network
 * was busy.
 */
async function checkBeforeDeploy(run, plan) {
    const { deployment, inputs, stage } = run;
    const { checked } = run.project();
    if (checked === undefined)
        return;
    const { performCheck } = await __webpack_require__.e(/* import() */ 469).then(__webpack_require__.bind(__webpack_require__, 7469));
    const isRemote = deployment.remoteExecution?.enabled === true;
    const bringsImage = plan.ships.image;
    const sets = [
        ...(deployment.environmentVariables ?? []).map(({ key }) => key),
        ...(inputs.environment?.variables ?? []).map(({ key }) => key),
    ];
    await stage('Check the DAGs', () => performCheck({ ...run, checked }, {
        deployed: deployment.astroRuntimeVersion,
        ships: !bringsImage ? undefined : inputs.imageName === undefined ? 'built' : 'prebuilt',
        bringsDags: plan.skip !== undefined ||
            plan.ships.dags ||
            (bringsImage && !deployment.isDagDeployEnabled && !isRemote),
        bringsImage,
        isPathSet: sets.includes(PYTHON_PATH),
        isBundle: plan.ships.dags && deployment.isDagDeployEnabled && !isRemote,
    }));
}

;// CONCATENATED MODULE: ./src/deploy/blob-store.ts


const blob_store_BUDGET_MS = 10_000;
/**
 * Finds out whether the way to the blob store is closed (a certificate that is not trusted, a proxy that refuses) before
 * anything is written. Its host is known only when an earlier deploy still shows its upload address; whatever else goes wrong
 * is left to the upload.
 *
 * @throws ActionError ASTRO-NETWORK-…
 */
async function requireOpenWay(request, deploys) {
    const shown = deploys.find(({ dagsUploadUrl = '' }) => URL.canParse(dagsUploadUrl))?.dagsUploadUrl;
    if (shown === undefined)
        return;
    const { origin, host, protocol } = new URL(shown);
    if (protocol !== 'https:')
        return;
    try {
        await request({
            what: 'reach the blob store',
            method: 'GET',
            url: origin,
            repeat: 'always',
            budgetMs: blob_store_BUDGET_MS,
        });
    }
    catch (error) {
        const advice = error instanceof HttpFailure ? adviceOn(error.obstacle?.code) : undefined;
        if (!(error instanceof HttpFailure) || !advice)
            return;
        throw unanswered('The blob store for DAG bundles cannot be reached.', host, error, advice);
    }
}

;// CONCATENATED MODULE: ./src/airflow/file-names.ts
/** Where Airflow has the DAG folder on Astro, and in Airflow's own images. */
const KNOWN_ROOTS = ['/usr/local/airflow/dags/', '/opt/airflow/dags/'];
/** Folders of the project that are no part of it, whose files may be called as some of it are. */
const BESIDE_DAGS = /^\/(?:usr\/local|opt)\/airflow\/(?!dags\/)/;
/** Where it is in a DAG bundle on Astro, whose entries begin so (section 12.1 of the control plane's contract). */
const IN_BUNDLE = 'dags/';
/**
 * Airflow's names for files (absolute in Airflow 2, relative to the DAG bundle in 3, `package.zip/inner.py` in archives) as
 * paths below the DAG folder. A root that is not known is found out from the names themselves: it is the one that makes most
 * of them files of the folder.
 *
 * @param own the files of the folder
 * @param framePaths the files that tracebacks name, which are absolute in both majors. Their roots are found out likewise, and
 * may be several: each version of a bundle may have a folder of its own.
 */
function nameFiles(airflowNames, own, framePaths = []) {
    const isUnknown = (name) => name.startsWith('/') && !roots.some((known) => name.startsWith(known));
    const roots = [...KNOWN_ROOTS];
    const root = findRoot(airflowNames.filter(isUnknown), own);
    if (root !== undefined)
        roots.unshift(root);
    const ofProject = [...new Set(framePaths)].filter((path) => !isLibrary(path) && !BESIDE_DAGS.test(path));
    for (;;) {
        const another = findRoot(ofProject.filter(isUnknown), own);
        if (another === undefined)
            break;
        roots.push(another);
    }
    const isInBundle = findRoot(airflowNames.filter(isRelative), own) === IN_BUNDLE;
    return (name) => {
        if (isRelative(name))
            return nameRelative(name, own, isInBundle);
        const inside = roots.find((candidate) => name.startsWith(candidate));
        return archiveOf(inside === undefined ? name : name.slice(inside.length), own);
    };
}
const isRelative = (name) => !name.startsWith('/');
/**
 * A name below the root of the DAG bundle. The code of before may have lain elsewhere than the new one, so each name is taken
 * as it fits.
 *
 * @param isInBundle whether the DAG folder is a folder of the bundle, as far as most names tell
 */
function nameRelative(name, own, isInBundle) {
    const whole = archiveOf(name, own);
    if (!name.startsWith(IN_BUNDLE))
        return whole;
    const inside = archiveOf(name.slice(IN_BUNDLE.length), own);
    const [likely, other] = isInBundle ? [inside, whole] : [whole, inside];
    return !own.has(likely) && own.has(other) ? other : likely;
}
/** Whether a file is one of Python's own or of a package, some of which are called as some of ours are. */
function isLibrary(path) {
    return /^<|\/(?:site|dist)-packages\/|\/lib(?:64)?\/python[\d.]+\//.test(path);
}
function archiveOf(path, own) {
    const end = path.indexOf('.zip/');
    if (end < 0)
        return path;
    const archive = path.slice(0, end + '.zip'.length);
    return own.has(archive) ? archive : path;
}
/** The leading folders that make most of the names files of the folder; empty when they are so as they stand. */
function findRoot(names, own) {
    const votes = new Map();
    for (const name of names) {
        for (let start = name.startsWith('/') ? 1 : 0;; start = name.indexOf('/', start) + 1) {
            const root = name.slice(0, start);
            if (own.has(archiveOf(name.slice(start), own)))
                votes.set(root, (votes.get(root) ?? 0) + 1);
            if (!name.includes('/', start))
                break;
        }
    }
    const [best] = [...votes].toSorted(([a, x], [b, y]) => y - x || a.length - b.length);
    return best?.[0];
}

;// CONCATENATED MODULE: ./src/airflow/shared-ids.ts


/** A round of parsing on Astro, in which each of the files is parsed once. */
const ROUND_MS = 35_000;
const shared_ids_PAUSE_MS = 250;
const shared_ids_MOST_NAMED = 5;
/**
 * DAG IDs that several files of the new code have, and had before: the same texts did, or Airflow shows first the one and then the
 * other, for it shows a DAG from whichever file it parsed last. To be called before the new code comes; takes time only when there
 * are such IDs.
 *
 * @param changed files whose text is another one than before; undefined when that is not known
 */
async function findSharedIds(deps, { files, all }, baseline, changed) {
    const { airflow, clock, log } = deps;
    const name = nameFiles(baseline.dags.flatMap(({ file }) => file ?? []), all);
    const suspects = findSuspects(files, baseline);
    const open = new Map();
    for (const [id, its] of suspects) {
        const isAsBefore = changed !== undefined && [...its].every((file) => !changed.has(file));
        const seen = isAsBefore ? its : [];
        open.set(id, { files: its, seen: new Set(seen), isSetApart: false });
    }
    const waiting = () => [...open].filter(([, { files: its, seen }]) => seen.size < its.size);
    if (waiting().length > 0) {
        const ids = (0,src_errors/* listSome */.XT)(waiting().map(([id]) => id), shared_ids_MOST_NAMED);
        log.info(`More than one file has the DAG ID ${ids}: Airflow is watched to see whether that is new.`);
    }
    const deadline = clock.now() + ROUND_MS;
    while (waiting().length > 0 && clock.now() < deadline) {
        for (const [id, suspect] of waiting()) {
            const { dag } = await airflow.dag(id);
            if (!suspect.isSetApart)
                await setApart(airflow, dag, deps.signal);
            suspect.isSetApart = true;
            const file = dag.file === undefined ? undefined : name(dag.file);
            if (file !== undefined && suspect.files.has(file))
                suspect.seen.add(file);
            await clock.sleep(shared_ids_PAUSE_MS, deps.signal);
        }
    }
    return new Map([...open].flatMap(([id, { files: its, seen }]) => (seen.size === its.size ? [[id, seen]] : [])));
}
/**
 * Files that are parsed right after one another would show the DAG of the last one nearly all the time: once that is parsed out of
 * turn, each has its own time. Who may not ask for it may still see both.
 */
async function setApart(airflow, dag, signal) {
    try {
        await airflow.parseNext(dag);
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || signal?.aborted)
            throw error;
    }
}
/** IDs in several files, of DAGs that Airflow has. */
function findSuspects(files, { dags }) {
    const shown = new Set(dags.flatMap(({ id, isActive }) => (isActive ? [id] : [])));
    const byId = new Map();
    for (const file of files) {
        if (file.promise.kind !== 'promised')
            continue;
        for (const { id } of file.promise.ids) {
            if (shown.has(id))
                byId.set(id, (byId.get(id) ?? new Set()).add(file.path));
        }
    }
    return new Map([...byId].filter(([, its]) => its.size > 1));
}

// EXTERNAL MODULE: ./src/project/dag-promise.ts
var dag_promise = __webpack_require__(833);
// EXTERNAL MODULE: ./src/project/promised-dags.ts
var promised_dags = __webpack_require__(2450);
;// CONCATENATED MODULE: ./src/deploy/former-code.ts






const UNKNOWN = { changed: undefined, shared: new Map() };
/** So many texts are asked for where git does not tell what changed. */
const MOST_TEXTS = 20;
/**
 * Finds out what is to be known of the code that runs before other code takes its place. It only sharpens a later verdict, so that
 * an Airflow that does not answer is no failure.
 *
 * @param baseline what Airflow shows
 */
async function readFormerCode(run, plan, generated, baseline) {
    if (plan.type === 'image-only' || !baseline || baseline.dags.length === 0)
        return UNKNOWN;
    const { clock, log, signal } = run;
    let changed;
    try {
        const airflow = await connectAirflow({ ...run, tokens: run.session }, run.deployment);
        const project = run.project();
        const promised = (0,promised_dags/* withGenerated */.s)(await (0,promised_dags/* readPromisedDags */.RH)(await project.dagFolder, airflow.major), generated);
        changed = changedFiles(plan, (await project.tree).dagFolders);
        if (airflow.major === 2) {
            const unsure = changed ? generated.map(({ path }) => (0,promised_dags/* belowDags */.Nh)(path)) : [...promised.all];
            changed = new Set([...(changed ?? []), ...(await differing(run, airflow, promised, baseline, unsure))]);
        }
        const shared = await findSharedIds({ airflow, clock, log, signal }, promised, baseline, changed);
        return { changed, shared };
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || signal.aborted)
            throw error;
        log.debug(`What runs now could not be compared: ${error.observed ?? error.problem}`);
        return { ...UNKNOWN, changed };
    }
}
/** What git says. */
function changedFiles({ changedDags }, folders) {
    if (!changedDags)
        return undefined;
    const below = (path) => {
        const folder = folders.find((one) => one !== '' && path.startsWith(`${one}/`));
        return folder === undefined ? path : path.slice(folder.length + 1);
    };
    return new Set(changedDags.map(below));
}
/**
 * Those of some files whose text is another one than Airflow 2 has, which proves less of a DAG that changed; or may be, for so many
 * are not asked for, and not everybody may ask.
 */
async function differing({ signal }, airflow, { files, all }, { dags }, unsure) {
    const found = new Set(unsure);
    const fingerprints = new Map(files.map((file) => [file.path, file.fingerprint]));
    const name = nameFiles(dags.flatMap(({ file }) => file ?? []), all);
    const shown = new Map(dags.map((dag) => [name(dag.file ?? ''), dag]));
    const asked = [...shown].filter(([file]) => found.has(file) && fingerprints.get(file) !== undefined);
    if (asked.length > MOST_TEXTS)
        return found;
    for (const [file, dag] of asked) {
        try {
            if ((0,dag_promise/* fingerprint */.R)(await airflow.dagSource(dag)) === fingerprints.get(file))
                found.delete(file);
        }
        catch (error) {
            if (!(error instanceof src_errors/* ActionError */.lZ) || signal.aborted)
                throw error;
            if (error.code === 'ASTRO-AIRFLOW-FORBIDDEN')
                break;
        }
    }
    return found;
}

;// CONCATENATED MODULE: ./src/http/fetch.ts
const MOST_REDIRECTS = 3;
/**
 * A `fetch` for libraries that read: it sends GET requests as all others of this action are sent, with its proxies, time limits
 * and retries. Follows redirects on the same host, as GitHub gives them for a repository that was renamed.
 */
function fetchThrough(request, how) {
    return async (first, { headers }) => {
        let url = first;
        for (let redirects = 0;; redirects++) {
            const answer = await request({
                ...how,
                method: 'GET',
                url,
                headers,
                repeat: 'always',
                expectJson: true,
            });
            const location = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined;
            const next = location === undefined ? undefined : new URL(location, url);
            if (next?.origin !== new URL(url).origin || redirects >= MOST_REDIRECTS) {
                return asResponse(answer);
            }
            url = next.href;
        }
    };
}
function asResponse({ status, headers, text }) {
    const type = headers['content-type'];
    return new Response(text === '' ? null : text, {
        status,
        headers: type === undefined ? {} : { 'content-type': type },
    });
}

;// CONCATENATED MODULE: ./src/project/compare.ts



/** GitHub names at most this many files of a comparison, all on its first page. */
const MOST_FILES = 300;
const compare_BUDGET_MS = 30_000;
/**
 * Compares through GitHub's API, of the host that GITHUB_API_URL names. Never throws but the signal's reason: what goes wrong
 * is why the changes are unknown. GitHub lists what came after the commits' common ancestor, so commits of which neither
 * descends from the other are compared in both directions; together that is at least what differs between them.
 */
function createCompare(deps) {
    const { token, repository, signal } = deps;
    return async (base, head) => {
        if (token === undefined)
            return unknown('the clone does not hold it, and there is no `github-token`');
        if (repository === undefined)
            return unknown('the run does not say which repository it belongs to');
        if (!isOnServer(repository.serverUrl, deps.env)) {
            return unknown('the clone does not hold it, and its repository is not on the server of the workflow');
        }
        try {
            const ask = await comparing(deps, token, repository);
            const there = await ask(base, head);
            const oneWay = there.status === 'ahead' || there.status === 'identical';
            const answers = oneWay ? [there] : [there, await ask(head, base)];
            return merged(answers);
        }
        catch (error) {
            signal.throwIfAborted();
            return unknown(explain(error));
        }
    };
}
/** The token is for the server of the workflow, which may have another repository of that name. */
function isOnServer(serverUrl, { GITHUB_SERVER_URL: own }) {
    if (own === undefined || !URL.canParse(own))
        return true;
    return new URL(serverUrl).host === new URL(own).host;
}
async function comparing({ env, request }, token, { owner, name }) {
    const { getOctokit } = await __webpack_require__.e(/* import() */ 413).then(__webpack_require__.bind(__webpack_require__, 2413));
    const { GITHUB_API_URL: baseUrl } = env;
    const fetch = fetchThrough(request, { what: 'compare the commits on GitHub', budgetMs: compare_BUDGET_MS });
    const octokit = getOctokit(token, { ...(baseUrl ? { baseUrl } : {}), request: { fetch } });
    return async (base, head) => {
        const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
            owner,
            repo: name,
            basehead: `${base}...${head}`,
            per_page: 1,
            page: 1,
        });
        return data;
    };
}
function merged(answers) {
    const paths = new Set();
    for (const { files } of answers) {
        if (!files)
            return unknown('GitHub gave no list of files');
        if (files.length >= MOST_FILES)
            return unknown(`GitHub lists at most ${MOST_FILES} changed files`);
        for (const { filename, previous_filename: former } of files) {
            paths.add(filename);
            if (former !== undefined)
                paths.add(former);
        }
    }
    return { known: true, paths: [...paths], from: 'GitHub' };
}
const unknown = (why) => ({ known: false, why });
function statusOf(error) {
    return error instanceof Error && 'status' in error && typeof error.status === 'number'
        ? error.status
        : undefined;
}
function explain(error) {
    const notCompared = 'GitHub did not compare it with this one';
    if (error instanceof Error && error.cause instanceof HttpFailure) {
        return `${notCompared}: it could not be asked (${error.cause.message})`;
    }
    const status = statusOf(error);
    if (status === undefined)
        return `${notCompared}: ${(0,src_errors/* describeError */.Uc)(error)}`;
    if (status === 404)
        return `${notCompared}: it does not know the commit (HTTP 404), or \`github-token\` may not read the repository`;
    const advice = status < 404 ? ' (`github-token` was refused; the job needs `permissions: contents: read`)' : '';
    return `${notCompared}: HTTP ${status}${advice}`;
}

;// CONCATENATED MODULE: ./src/project/git.ts

/** A git that hangs (a network drive) must not hold up a deploy. */
const LONGEST_MS = 15_000;
/** What a step's environment holds for this action or the runner, and is nobody else's business. */
const PRIVATE = /^(INPUT_|ASTRO|ACTIONS_)/;
/** What steers git from outside. */
const STEERS_GIT = /^(GIT_|SSH_ASKPASS|XDG_CONFIG_HOME$)/;
/**
 * Settings that come before those of the clone: no program that these name is run. For watching files, an empty name means none
 * in every version of git, where `false` was a program's name once.
 */
const SETTINGS = [
    ...['-c', 'safe.directory=*'],
    ...['-c', 'core.fsmonitor='],
    ...['-c', `core.hooksPath=${external_node_os_.devNull}`],
    ...['-c', 'core.untrackedCache=false'],
    // A folder of the repository that looks like a bare one brings its own settings.
    ...['-c', 'safe.bareRepository=explicit'],
    // Git for Windows has this in settings that are left out here, and checks out by it.
    ...(process.platform === 'win32' ? ['-c', 'core.autocrlf=input', '-c', 'core.longpaths=true'] : []),
];
/** Git stays on this machine: a partial clone fetches what it lacks, and asks for passwords, unless it is kept from it. */
const OFFLINE = {
    GIT_NO_LAZY_FETCH: '1',
    // What gits before 2.45 need for that: no transport has this name.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
};
/**
 * The git on the PATH, in an environment that no setting of the user changes. It takes no lock, so that it cannot disturb
 * another step, never leaves the machine, and may be killed at any time.
 */
function createGit(run, env, home) {
    return (folder, args, input) => home.use(async (place = external_node_os_.devNull) => {
        const result = await run('git', [...SETTINGS, ...args], {
            cwd: folder,
            env: {
                ...withoutSteering(env),
                ...OFFLINE,
                HOME: place,
                XDG_CONFIG_HOME: place,
                GIT_CONFIG_NOSYSTEM: '1',
                GIT_ATTR_NOSYSTEM: '1',
                GIT_OPTIONAL_LOCKS: '0',
                LC_ALL: 'C',
            },
            limitMs: LONGEST_MS,
            whenCancelled: 'kill',
            ...(input === undefined ? {} : { input }),
        });
        return judgeGit(result);
    });
}
/** What came of a call of git, by how it ended and by what it said. */
function judgeGit(result) {
    if (result.kind === 'not-started')
        return { is: 'no-git', said: result.observed };
    if (result.kind === 'timed-out') {
        return { is: 'failed', said: `it did not answer within ${LONGEST_MS / 1_000} seconds` };
    }
    const { exitCode, stdout, stderr } = result;
    if (exitCode === 0)
        return { is: 'done', output: stdout };
    const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '');
    const said = (lines.find((line) => line.startsWith('fatal:')) ?? lines[0] ?? '').trim();
    if (said.includes('not a git repository (or any'))
        return { is: 'no-clone', said };
    return { is: REFUSAL.test(said) ? 'refused' : 'failed', said };
}
/** A clone that is there, and that git does not look into: another owner, a format it does not know, a part elsewhere. */
const REFUSAL = /dubious ownership|unsafe repository|not a git repository|repo(?:sitory)? version|repository extension/i;
/** Why nothing is known of a clone, as a part of a sentence. */
function explainGit({ is, said }) {
    switch (is) {
        case 'no-git':
            return `there is no git on this machine to look at a clone with (${said})`;
        case 'refused':
            return `git refuses to look at the clone (${said})`;
        case 'no-clone':
            return 'there is no git clone to look at';
        case 'failed':
            return `git did not say what is in the clone (${said === '' ? 'it gave no reason' : said})`;
    }
}
const SHA = /^[0-9a-f]{40,64}$/i;
/** Whether a text is the full ID of a commit. */
const isSha = (text) => SHA.test(text);
/** The parts of an answer to `-z`. */
function splitNul(text) {
    return text.split('\0').filter((part) => part !== '');
}
function withoutSteering(env) {
    return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => {
        const upper = name.toUpperCase();
        const isDropped = value === undefined || PRIVATE.test(upper) || STEERS_GIT.test(upper);
        return isDropped ? [] : [[name, value]];
    }));
}

;// CONCATENATED MODULE: ./src/project/changes.ts

/**
 * What changed between two commits: from the local clone when it has both, else from GitHub. Both compare the commits
 * themselves, so a history that was rewritten in between does not matter. A rename counts as both of its paths.
 */
async function readCommittedChanges(deps, folder, base, head) {
    if (base === head)
        return { known: true, paths: [], from: 'git' };
    const local = await deps.git(folder, [
        'diff-tree',
        '-r',
        '-z',
        '--name-only',
        '--no-renames',
        '--ignore-submodules=none',
        base,
        head,
    ]);
    if (local.is !== 'done')
        return deps.compare(base, head);
    return { known: true, paths: splitNul(local.output), from: 'git' };
}

;// CONCATENATED MODULE: ./src/project/tree-mark.ts
const PARTS = ['dags', 'image'];
const NO_MARK = { tree: undefined, modified: [], inputs: {} };
/**
 * Astro's git metadata has no field for what was deployed beside a commit, and a later run must not take such a deploy for
 * the commit itself. The fragment of the commit's URL carries it: browsers ignore it, and the page stays the same.
 */
function markTree(commitUrl, { tree, modified, inputs, whole = [] }) {
    const marks = [
        ...(tree === undefined ? [] : [`tree=${tree}`]),
        ...(modified.length === 0 ? [] : [`modified=${modified.join(',')}`]),
        ...(whole.length === 0 ? [] : [`whole=${whole.join(',')}`]),
        ...PARTS.flatMap((part) => (inputs[part] === undefined ? [] : [`${part}=${inputs[part]}`])),
    ];
    return marks.length === 0 ? commitUrl : `${commitUrl}#${marks.join('&')}`;
}
/** Reads what `markTree` wrote; a URL without a mark is one of files that were just the commit. */
function readTreeMark(commitUrl) {
    const marks = new URLSearchParams(commitUrl?.split('#')[1] ?? '');
    const listed = (name) => {
        const parts = (marks.get(name) ?? '').split(',');
        return PARTS.filter((part) => parts.includes(part));
    };
    const whole = listed('whole');
    const inputs = PARTS.flatMap((part) => {
        const value = marks.get(part);
        return value === null ? [] : [[part, value]];
    });
    return {
        tree: marks.get('tree') ?? undefined,
        modified: listed('modified'),
        inputs: Object.fromEntries(inputs),
        ...(whole.length === 0 ? {} : { whole }),
    };
}

;// CONCATENATED MODULE: ./src/deploy/baseline.ts


const BRINGS = {
    DAG_ONLY: ['dags'],
    IMAGE_ONLY: ['image'],
    IMAGE_AND_DAG: ['dags', 'image'],
};
const DECIDING_INPUTS = {
    dags: '`dags-path`',
    image: '`image-name`, `build-args` or `dags-path`',
};
/**
 * Which commit a part of the Deployment was deployed from, as Astro itself tells it: the newest deploy that brought the
 * part must be one of this repository and project. An older one of ours does not do: what runs came from elsewhere.
 *
 * A repository that was renamed or moved has another name in Astro's history; there the commit before the push settles it,
 * for a commit's ID is the same everywhere. Where Astro's history names no commit at all, that commit proves nothing: the
 * run that should have deployed it may have failed.
 */
function findBaseline(part, facts) {
    if (!facts.commit)
        return baseline_unknown('the run does not say which commit it deploys');
    const newest = newestFirst(facts.deploys).find((deploy) => deploy.status === 'DEPLOYED' && brings(deploy, part));
    if (!newest)
        return baseline_unknown('Astro knows no earlier deploy of it');
    const failed = facts.deploys.find((deploy) => deploy.status === 'FAILED' && brings(deploy, part) && isAfter(deploy, newest));
    if (failed)
        return baseline_unknown(`the deploy ${failed.id} failed after the last one that succeeded`);
    if (part === 'image' && newest.imageTag !== facts.imageTag) {
        return baseline_unknown(`the Deployment runs another image than the deploy ${newest.id} brought`);
    }
    const origin = followRollbacks(part, newest, facts.deploys);
    return origin
        ? fromDeploy(part, origin, facts)
        : baseline_unknown(`the deploy ${newest.id} went back to one that is no longer listed`);
}
function fromDeploy(part, deploy, facts) {
    const { git, dagTarballVersion } = deploy;
    const { desiredDagVersion, commit } = facts;
    const name = `the deploy ${deploy.id}`;
    if (deploy.isDagDeployEnabled !== facts.isDagDeployEnabled) {
        return baseline_unknown(`DAG-only deploys were switched ${facts.isDagDeployEnabled ? 'on' : 'off'} after ${name}`);
    }
    if (part === 'dags' && dagTarballVersion !== undefined && dagTarballVersion !== desiredDagVersion) {
        return baseline_unknown(`the Deployment has another DAG version than ${name} brought`);
    }
    if (!git || !isSha(git.commitSha))
        return baseline_unknown(`${name} does not say which commit it is of`);
    if ((git.path ?? '') !== facts.projectPath) {
        return baseline_unknown(`${name} is of another project (${git.path ?? 'the root of its repository'})`);
    }
    if (!isSameRepository(git, commit) && git.commitSha !== commit?.before) {
        return baseline_unknown(`${name} is of another repository (${describeRepository(git)})`);
    }
    const mark = readTreeMark(git.commitUrl);
    if (mark.modified.includes(part))
        return baseline_unknown(`${name} brought files that were in no commit`);
    if (facts.precarious?.includes(part) && !mark.whole?.includes(part)) {
        return baseline_unknown(`${name} does not say that its checkout had every submodule and every file of a filter`);
    }
    if (mark.inputs[part] !== facts.inputs[part]) {
        return baseline_unknown(`${name} was made with other inputs (${DECIDING_INPUTS[part]})`);
    }
    return {
        known: true,
        sha: mark.tree !== undefined && isSha(mark.tree) ? mark.tree : git.commitSha,
        deployId: deploy.id,
        source: `${name} of ${deploy.createdAt.slice(0, 10)}`,
    };
}
/**
 * The deploy that a part's code is from. A rollback brings back the state that there was after another deploy, which may
 * have brought only the other part, or have been a rollback itself. Undefined when the trail is lost.
 */
function followRollbacks(part, newest, deploys) {
    let origin = newest;
    while (origin?.rollbackFromId !== undefined) {
        const rollback = origin;
        const target = deploys.find(({ id }) => id === rollback.rollbackFromId);
        origin =
            target &&
                newestFirst(deploys).find((deploy) => deploy.status === 'DEPLOYED' &&
                    brings(deploy, part) &&
                    (deploy === target || isAfter(target, deploy)) &&
                    isAfter(rollback, deploy));
    }
    return origin;
}
/** A rollback restores all that there was; other deploys bring what their type says. */
function brings(deploy, part) {
    return deploy.rollbackFromId !== undefined || BRINGS[deploy.type]?.includes(part) === true;
}
function newestFirst(deploys) {
    return deploys.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}
const isAfter = (a, b) => Date.parse(a.createdAt) > Date.parse(b.createdAt);
function isSameRepository(git, commit) {
    if (!commit)
        return false;
    const { serverUrl, owner, name } = commit.repository;
    const ours = `${new URL(serverUrl).host}/${owner}/${name}`.toLowerCase();
    return describeRepository(git).toLowerCase() === ours;
}
/** `github.com/acme/etl`, whatever form the remote was given in: a URL, or `git@host:acme/etl.git`. */
function describeRepository(git) {
    if (git.provider === 'GITHUB')
        return `github.com/${git.account ?? ''}/${git.repo ?? ''}`;
    const remote = git.remoteUrl ?? '';
    const url = URL.canParse(remote) && remote.includes('://') ? new URL(remote) : undefined;
    const [, host, path] = /^(?:[^@/]+@)?([^:/]+):(.+)$/.exec(remote) ?? [];
    const place = url ? `${url.host}${url.pathname}` : host && path ? `${host}/${path}` : 'unknown';
    return place.replace(/\/+$/, '').replace(/\.git$/, '');
}
const baseline_unknown = (why) => ({ known: false, why });

// EXTERNAL MODULE: ./node_modules/picomatch/index.js
var picomatch = __webpack_require__(4006);
var picomatch_default = /*#__PURE__*/__webpack_require__.n(picomatch);
;// CONCATENATED MODULE: ./src/deploy/infer.ts




/** Caches that tools leave in a project; they are in no commit and are not worth a deploy. */
const CACHES = new Set(['__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.git']);
/** Docker reads these whatever the ignore file says. */
const BUILD_FILES = new Set(['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore']);
/** Sorts changed paths, segment by segment: `dags-old/a.py` is not in `dags`. A path may count for both parts or none. */
function sortPaths(paths, layout) {
    const isIgnored = readDockerIgnore(layout.dockerIgnore ?? '');
    const isTrigger = layout.imageTriggers.length > 0 ? triggerMatcher(layout.imageTriggers) : () => false;
    const dags = [];
    const image = [];
    for (const path of paths) {
        if (isCache(path) || (0,left_behind/* isCredentialFile */.S)(path))
            continue;
        const inProject = infer_below(layout.project, path);
        if (layout.dagFolders.some((folder) => infer_below(folder, path) !== undefined))
            dags.push(path);
        else if (inProject !== undefined && (BUILD_FILES.has(inProject) || !isIgnored(inProject)))
            image.push(path);
        if (isTrigger(path) && !image.includes(path))
            image.push(path);
    }
    return { dags, image };
}
/**
 * Sorts holes by the part that would lack them. What is around the project or the DAG folder takes these along.
 */
function sortHoles(holes, layout) {
    const isAround = (hole, folder) => infer_below(hole.path, folder) !== undefined;
    const files = { ...layout, imageTriggers: [] };
    const isInImage = coversHole((path) => sortPaths([path], files).image.length > 0);
    return {
        dags: holes.filter((hole) => layout.dagFolders.some((folder) => isAround(hole, folder) || infer_below(folder, hole.path) !== undefined)),
        image: holes.filter((hole) => isAround(hole, layout.project) || isInImage(hole)),
    };
}
/** Whether a hole is one in what is shipped; a submodule is none when only files in it are left out. */
function coversHole(isShipped) {
    return ({ path, kind }) => isShipped(path) && (!kind.endsWith('submodule') || isShipped(`${path}/-`));
}
/** Globs as a list: those with a leading `!` take paths out again, whatever their order. */
function triggerMatcher(globs) {
    const clean = (glob) => glob.replace(/^(?:\.?\/)+|^\.$/, '');
    const positive = globs.filter((glob) => !glob.startsWith('!')).map(clean);
    const negative = globs.filter((glob) => glob.startsWith('!')).map((glob) => clean(glob.slice(1)));
    const options = { dot: true, nonegate: true };
    /** A folder stands for all that is in it. */
    const withContent = (glob) => {
        const folder = glob.replace(/\/+$/, '');
        return folder === '' ? ['**'] : [folder, `${folder}/**`];
    };
    return picomatch_default()(positive.flatMap(withContent), { ...options, ignore: negative.flatMap(withContent) });
}
function isCache(path) {
    return path.endsWith('.pyc') || path.split('/').some((segment) => CACHES.has(segment));
}
/** The path below a folder; undefined when it is not in it. */
function infer_below(folder, path) {
    if (folder === '')
        return path;
    return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path === folder ? '' : undefined;
}
/**
 * Judges a part by what changed since its baseline and what is in no commit.
 *
 * @param uncommitted the paths, or why they are not known
 */
function judgePart(part, baseline, changes, uncommitted, layout) {
    if (!baseline.known)
        return { kind: 'unknown', why: baseline.why };
    if (typeof uncommitted !== 'object') {
        return { kind: 'unknown', why: uncommitted ?? 'there is no git clone to look at' };
    }
    if (!changes?.known) {
        const why = changes?.why ?? 'nothing was compared';
        return {
            kind: 'unknown',
            why: `the commit ${infer_short(baseline.sha)} of ${baseline.source} is out of reach: ${why}`,
        };
    }
    const paths = sortPaths([...new Set([...changes.paths, ...uncommitted])], layout)[part];
    return paths.length === 0 ? { kind: 'unchanged', baseline } : { kind: 'changed', baseline, paths };
}
/** Decides what is deployed. A pure function of its facts. */
function chooseType(facts) {
    const { wish, parts } = facts;
    if (!parts)
        return { type: wish === 'infer' ? 'dags-only' : wish, skip: undefined, reasons: [asAsked(wish)] };
    const considered = consideredParts(facts);
    const needed = considered.filter((part) => needs(facts, part, parts[part]));
    const reasons = considered.map((part) => describePart(part, parts[part], facts));
    if (needed.length === 0) {
        const [only] = considered;
        const state = only && parts[only];
        const since = state?.kind === 'unchanged' ? ` since ${state.baseline.source}` : '';
        return { type: typeOf(facts, considered), skip: `nothing to deploy changed${since}`, reasons };
    }
    if (wish !== 'infer')
        return { type: wish, skip: undefined, reasons: [asAsked(wish), ...reasons] };
    const type = typeOf(facts, needed);
    const withoutImage = facts.image === 'none' ? ['The project has no Dockerfile, so there is no image to build.'] : [];
    return { type, skip: undefined, reasons: [`Deploy type ${type}, inferred.`, ...reasons, ...withoutImage] };
}
function asAsked(wish) {
    return wish === 'infer' ? 'Deploy type dags-only.' : `Deploy type ${wish}, as \`deploy-type\` says.`;
}
function consideredParts({ wish, image, isRemote, isDagDeployEnabled }) {
    switch (wish) {
        case 'dags-only':
            return ['dags'];
        case 'image-only':
            return ['image'];
        case 'image-and-dags':
            return ['dags', 'image'];
        case 'infer':
            if (isRemote)
                return ['image'];
            return image === 'none' && isDagDeployEnabled ? ['dags'] : ['dags', 'image'];
    }
}
function needs({ image }, part, state) {
    return state.kind !== 'unchanged' || (part === 'image' && image === 'prebuilt');
}
function typeOf(facts, parts) {
    if (facts.wish !== 'infer')
        return facts.wish;
    if (facts.isRemote)
        return 'image-only';
    if (!facts.isDagDeployEnabled)
        return 'image-and-dags';
    if (parts.length === 2)
        return 'image-and-dags';
    return parts[0] === 'image' ? 'image-only' : 'dags-only';
}
const NAMES = { dags: 'DAGs', image: 'Image' };
const infer_SHOWN = 3;
function describePart(part, state, facts) {
    const name = NAMES[part];
    if (part === 'image' && facts.image === 'prebuilt') {
        return `${name}: the prebuilt image counts as changed, for it has no history in git.`;
    }
    const inImage = part === 'dags' && !facts.isDagDeployEnabled ? ' DAG-only deploys are off, so they need an image.' : '';
    switch (state.kind) {
        case 'unknown':
            return `${name}: everything counts as changed, because ${state.why}.${inImage}`;
        case 'unchanged':
            return `${name}: unchanged since ${state.baseline.source} (commit ${infer_short(state.baseline.sha)}).`;
        case 'changed': {
            const { paths, baseline } = state;
            return `${name}: changed since ${baseline.source} (commit ${infer_short(baseline.sha)}): ${(0,src_errors/* listSome */.XT)(paths, infer_SHOWN)}.${inImage}`;
        }
    }
}
const infer_short = (sha) => sha.slice(0, 7);

;// CONCATENATED MODULE: ./src/deploy/choose.ts




const DAGS_ELSEWHERE = 'the DAG folder is a link to a place outside of this repository';
/** Reads what changed, where that matters for the deploy type that was asked for, and decides what is deployed. */
async function chooseDeploy(deps, facts) {
    const { deployType, skipUnchanged, imageName } = facts.inputs;
    const { deployment, tree } = facts;
    const parts = deployType === 'infer' || skipUnchanged ? await readParts(deps, facts) : undefined;
    const choice = chooseType({
        wish: deployType,
        skipUnchanged,
        isDagDeployEnabled: deployment.isDagDeployEnabled,
        isRemote: deployment.remoteExecution?.enabled === true,
        image: imageName !== undefined ? 'prebuilt' : tree.hasDockerfile ? 'build' : 'none',
        parts,
    });
    return { ...choice, changedDags: parts && changedPaths(parts.dags) };
}
/** What changed in the DAG folder as the local clone has it; undefined when it does not know. */
async function readChangedDags(git, facts) {
    const compare = () => Promise.resolve({ known: false, why: 'the clone does not have it' });
    const { dags } = await readParts({ git, compare }, facts);
    return changedPaths(dags);
}
const changedPaths = (state) => state.kind === 'unknown' ? undefined : state.kind === 'changed' ? state.paths : [];
/** Parts of which the files are not those of the commit, or of which that is not known. */
function modifiedParts(facts) {
    const { uncommitted, hasDagsElsewhere } = facts.tree;
    if (uncommitted === undefined)
        return PARTS;
    const sorted = sortPaths(uncommitted, layoutOf(facts));
    const holes = holesOfParts(facts);
    return PARTS.filter((part) => sorted[part].length > 0 || holes[part].length > 0 || (part === 'dags' && hasDagsElsewhere));
}
/** What the checkout lacks of each part, as far as git tells. */
function holesOfParts(facts) {
    return sortHoles(facts.tree.holes, layoutOf(facts));
}
/** Those of some paths that a build sees. */
function filesOfImage(facts, paths) {
    return sortPaths(paths, { ...layoutOf(facts), imageTriggers: [] }).image;
}
/** Parts of which a checkout may lack something. */
function precariousParts(facts) {
    const sorted = sortHoles(facts.tree.precarious, layoutOf(facts));
    return PARTS.filter((part) => sorted[part].length > 0);
}
function layoutOf({ inputs, projectPath, tree }) {
    return {
        project: projectPath,
        dagFolders: tree.dagFolders,
        dockerIgnore: tree.dockerIgnore,
        imageTriggers: inputs.imageTriggerPaths,
    };
}
async function readParts(deps, facts) {
    const { deployment, tree } = facts;
    const layout = layoutOf(facts);
    const compared = new Map();
    /** Both parts often have the same baseline. */
    const changesSince = (sha, head) => {
        const known = compared.get(sha) ?? readCommittedChanges(deps, facts.projectFolder, sha, head);
        compared.set(sha, known);
        return known;
    };
    const read = async (part) => {
        const baseline = findBaseline(part, {
            deploys: facts.deploys,
            commit: facts.commit,
            projectPath: facts.projectPath,
            desiredDagVersion: deployment.desiredDagTarballVersion,
            isDagDeployEnabled: deployment.isDagDeployEnabled,
            imageTag: deployment.imageTag,
            inputs: facts.partInputs,
            precarious: precariousParts(facts),
        });
        if (part === 'dags' && tree.hasDagsElsewhere)
            return { kind: 'unknown', why: DAGS_ELSEWHERE };
        const changes = baseline.known && tree.clone ? await changesSince(baseline.sha, tree.clone.head) : undefined;
        return judgePart(part, baseline, changes, tree.uncommitted ?? tree.unknown?.why, layout);
    };
    const [dags, image] = await Promise.all([read('dags'), read('image')]);
    return { dags, image };
}

;// CONCATENATED MODULE: ./src/deploy/part-inputs.ts

/** What a part is made with; a name too short to tell anything of a build argument's value. */
const NAME_LENGTH = 6;
/**
 * Short names for the inputs that each part is made with; a part without one is made with the defaults. The same commit with
 * another name is another content.
 *
 * @param env where build arguments without a value take theirs from
 */
function namePartInputs({ dagsPath, imageName, buildArgs }, env) {
    const dags = dagsPath === 'dags' ? [] : [dagsPath];
    const args = buildArgs.map(({ name, value }) => `${name}=${value ?? env[name] ?? ''}`).toSorted();
    const image = imageName === undefined ? [...dags, ...args] : ['prebuilt', imageName];
    return {
        ...(dags.length === 0 ? {} : { dags: part_inputs_nameOf(dags) }),
        ...(image.length === 0 ? {} : { image: part_inputs_nameOf(image) }),
    };
}
function part_inputs_nameOf(texts) {
    return (0,external_node_crypto_.createHash)('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, NAME_LENGTH);
}

;// CONCATENATED MODULE: ./src/project/remote.ts
const WEB = new Set(['http:', 'https:']);
const SHELL = new Set(['ssh:', 'git+ssh:', 'ssh+git:', 'git:']);
const PLAIN_PATH = /^[\w.~@%+-]+(?:\/[\w.~@%+-]+)+$/;
/**
 * The repository that a remote of a clone names, without the credentials that may be in it; undefined when it names none on a
 * server, as a path does.
 *
 * @param ownServer the server that the workflow runs for, which a host of the SSH configuration may stand for
 */
function readRemote(remote, ownServer) {
    const place = placeOf(remote.trim());
    if (!place)
        return undefined;
    const path = place.path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
    if (!PLAIN_PATH.test(path))
        return undefined;
    const cut = path.lastIndexOf('/');
    return {
        serverUrl: serverOf(place, ownServer),
        owner: path.slice(0, cut),
        name: path.slice(cut + 1),
    };
}
/** Whether two are the same; hosts, owners and names do not tell upper from lower case. */
function remote_isSameRepository(one, other) {
    return addressOf(one) === addressOf(other);
}
function addressOf({ serverUrl, owner, name }) {
    const host = URL.canParse(serverUrl) ? new URL(serverUrl).host : serverUrl;
    return `${host}/${owner}/${name}`.toLowerCase();
}
function placeOf(remote) {
    if (remote.includes('://')) {
        if (!URL.canParse(remote))
            return undefined;
        const { protocol, host, hostname, pathname } = new URL(remote);
        if (WEB.has(protocol))
            return { host, path: pathname, web: protocol };
        return SHELL.has(protocol) ? { host: hostname, path: pathname, web: undefined } : undefined;
    }
    // A single letter before the colon is a drive of Windows.
    const [, host, path] = /^(?:[^@/\\]+@)?([^:/\\@]{2,}):(.+)$/.exec(remote) ?? [];
    return host === undefined || path === undefined ? undefined : { host, path, web: undefined };
}
/** SSH may know a server by other names: one of its own for keys, an alias for each, or another host for the port of HTTPS. */
function serverOf({ host, web }, ownServer) {
    const own = URL.canParse(ownServer) ? new URL(ownServer).host.toLowerCase() : '';
    const named = host.toLowerCase().replace(/^(?:www|ssh)\.(?=github\.com$)/, '');
    const isAlias = web === undefined && (!named.includes('.') || named.startsWith(own));
    return named === own || isAlias ? ownServer : `${web ?? 'https:'}//${named}`;
}

;// CONCATENATED MODULE: ./src/project/commit.ts



const GITHUB = 'https://github.com';
const NO_COMMIT = /^0+$/;
const LONGEST_DESCRIPTION = 500;
/**
 * Reads the commit from the runner's environment and the webhook event (any shape: it is data from outside). Undefined
 * outside of GitHub Actions. On a pull request it is the head of the branch: GITHUB_SHA is then a merge commit that
 * exists nowhere else.
 */
function readCommit(env, event) {
    // With pull_request_target it is the base that is checked out, and GITHUB_SHA names it.
    const pull = env.GITHUB_EVENT_NAME === 'pull_request_target' ? undefined : at(event, 'pull_request');
    const head = at(pull, 'head');
    const repository = repositoryNamed(commit_text(head, 'repo', 'full_name') ?? env.GITHUB_REPOSITORY, env);
    const sha = commit_text(head, 'sha') ?? env.GITHUB_SHA;
    if (sha === undefined || !isSha(sha) || !repository)
        return undefined;
    const pushed = commit_text(event, 'head_commit', 'id') === sha ? at(event, 'head_commit') : undefined;
    const before = commit_text(event, 'before');
    return {
        sha,
        branch: [env.GITHUB_HEAD_REF, env.GITHUB_REF_NAME].find(Boolean),
        before: head === undefined && before !== undefined && isSha(before) && !NO_COMMIT.test(before)
            ? before
            : undefined,
        message: commit_text(pushed, 'message') ?? commit_text(pull, 'title'),
        authorName: commit_text(pushed, 'author', 'name'),
        authorUsername: commit_text(pushed, 'author', 'username') ?? commit_text(pull, 'user', 'login') ?? env.GITHUB_ACTOR,
        repository,
    };
}
/** The repository that the workflow belongs to; undefined outside of GitHub Actions. */
function readOwnRepository(env) {
    return repositoryNamed(env.GITHUB_REPOSITORY, env);
}
function repositoryNamed(fullName, env) {
    const [owner, name] = (fullName ?? '').split('/');
    if (!owner || !name)
        return undefined;
    return { serverUrl: stripCredentials(env.GITHUB_SERVER_URL ?? ''), owner, name };
}
/**
 * The commit completed with what the local clone knows. A clone at another commit than the context's (`ref:` of the
 * checkout, a run for another workflow) is what is shipped, so then the clone is right. Only the merge commit of a pull
 * request stands for the head that the context names. A clone of a repository that is neither the workflow's nor the fork of
 * a pull request (`repository:` of the checkout) is right about everything.
 *
 * @param contextSha GITHUB_SHA
 * @param own the repository that the workflow belongs to
 */
function completeCommit(commit, local, contextSha, own = commit?.repository) {
    if (!commit || !local)
        return commit;
    const { sha, message, authorName } = local;
    const shipped = {
        ...{ sha, message, authorName },
        branch: undefined,
        before: undefined,
        authorUsername: undefined,
    };
    const { repository } = commit;
    const from = local.origin === undefined ? undefined : readRemote(local.origin, repository.serverUrl);
    const isOurs = (one) => [repository, own].some((ours) => ours && remote_isSameRepository(one, ours));
    if (from && !isOurs(from))
        return { ...shipped, branch: local.branch, repository: from };
    if (sha === commit.sha) {
        return {
            ...commit,
            message: commit.message ?? message,
            authorName: commit.authorName ?? authorName,
        };
    }
    if (sha === contextSha)
        return commit;
    return { ...shipped, repository: from ?? repository };
}
/**
 * Git metadata of a deploy (section 10 of the control plane's contract): GITHUB for github.com only, GENERIC with a remote
 * URL for GitHub Enterprise hosts.
 *
 * @param projectPath the project inside the repository; empty at its root
 * @param mark how the files differ from the commit
 */
function gitMetadata(commit, projectPath, mark = NO_MARK) {
    const { serverUrl, owner, name } = commit.repository;
    const where = serverUrl === GITHUB
        ? { provider: 'GITHUB', account: owner, repo: name }
        : { provider: 'GENERIC', remoteUrl: `${serverUrl}/${owner}/${name}` };
    return {
        ...where,
        commitSha: commit.sha,
        commitUrl: markTree(commitUrl(commit), mark),
        ...(commit.branch ? { branch: commit.branch } : {}),
        ...(projectPath ? { path: projectPath } : {}),
        ...(commit.before ? { beforeCommitSha: commit.before } : {}),
        ...(commit.authorName ? { authorName: commit.authorName } : {}),
        ...(commit.authorUsername
            ? { authorUsername: commit.authorUsername, authorUrl: `${serverUrl}/${commit.authorUsername}` }
            : {}),
    };
}
/** The commit's page. */
function commitUrl({ sha, repository }) {
    return `${repository.serverUrl}/${repository.owner}/${repository.name}/commit/${sha}`;
}
/**
 * What a deploy is called when the step does not say: the first line of the commit's message (for a pull request its title,
 * since the event does not tell the message of its head), else its short ID.
 */
function describeDeploy(commit) {
    const firstLine = commit?.message?.split('\n')[0]?.trim();
    if (firstLine)
        return shorten(firstLine);
    return commit && `Deploy ${commit.sha.slice(0, 7)}`;
}
/** Cuts between characters, never inside one. */
function shorten(line) {
    const characters = Array.from(line);
    return characters.length <= LONGEST_DESCRIPTION
        ? line
        : `${characters.slice(0, LONGEST_DESCRIPTION - 1).join('')}…`;
}
function stripCredentials(url) {
    if (!URL.canParse(url))
        return GITHUB;
    const parsed = new URL(url);
    return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
}
function at(value, ...path) {
    return path.reduce((inner, key) => typeof inner === 'object' && inner !== null ? inner[key] : undefined, value);
}
function commit_text(value, ...path) {
    const found = at(value, ...path);
    return typeof found === 'string' && found !== '' ? found : undefined;
}

;// CONCATENATED MODULE: ./src/deploy/plan.ts

const REQUEST_TYPES = {
    'dags-only': 'DAG_ONLY',
    'image-and-dags': 'IMAGE_AND_DAG',
    'image-only': 'IMAGE_ONLY',
};
/** Plans a deploy of what was chosen. A pure function of its facts. */
function planDeploy(facts) {
    const { choice, deployment, dagFolder } = facts;
    const { type, skip } = choice;
    const description = facts.description ?? describeDeploy(facts.commit);
    const ships = {
        dags: type !== 'image-only' && deployment.isDagDeployEnabled,
        image: type !== 'dags-only',
    };
    return {
        type,
        skip,
        reasons: [
            ...choice.reasons,
            ...(dagFolder && skip === undefined ? [plan_aboutDags(dagFolder, ships.dags)] : []),
        ],
        ships,
        previous: newestDeployed(facts.deploys),
        before: { dagVersion: deployment.dagTarballVersion, imageTag: deployment.imageTag },
        request: {
            type: REQUEST_TYPES[type],
            ...(description === undefined ? {} : { description }),
            ...(facts.commit ? { git: gitMetadata(facts.commit, facts.projectPath, facts.mark) } : {}),
        },
    };
}
function plan_aboutDags({ dagFileCount, files }, apart) {
    if (dagFileCount === 0) {
        return `The folder holds no DAG file, so every DAG of the Deployment will be removed, as \`allow-empty-dags\` permits.`;
    }
    const content = `${count(files.length, 'file')} of the DAG folder, ${count(dagFileCount, 'DAG file')} among them`;
    return apart
        ? `${content}, will replace what runs now.`
        : `DAG-only deploys are off, so the image has to bring the DAGs: ${content}.`;
}
/** The newest deploy that Astro accepted; the list comes in no promised order. */
function newestDeployed(deploys) {
    return deploys
        .filter(({ status }) => status === 'DEPLOYED')
        .reduce((newest, deploy) => newest && Date.parse(newest.createdAt) >= Date.parse(deploy.createdAt) ? newest : deploy, undefined);
}
function count(n, noun) {
    return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

;// CONCATENATED MODULE: ./src/deploy/preconditions.ts

/** Refuses a Deployment that takes no rollback from this credential, or now. Throws `ASTRO-DEPLOY-…`. */
function refuseRollback(deployment, session) {
    refuseClosed(deployment, session, `Cannot roll back the Deployment ${deployment.name} (${deployment.id}).`);
}
/**
 * Refuses a Deployment that takes no deploy at all, before anything is written (section 4 of the control plane's
 * contract). Throws `ASTRO-DEPLOY-…`.
 */
function refuseUndeployable(deployment, session) {
    const problem = `Cannot deploy to the Deployment ${deployment.name} (${deployment.id}).`;
    refuseClosed(deployment, session, problem);
}
/**
 * Refuses a deploy type that the Deployment's settings rule out. With DAG-only deploys off, Astro takes images that bring
 * the DAGs and nothing else; with remote execution, images without DAGs and nothing else. An image alone leaves the DAGs
 * as they are, so there must be some. Throws `ASTRO-DEPLOY-…`.
 */
function refuseType({ type, deployment, hasImage }) {
    const problem = `Cannot deploy ${type} to the Deployment ${deployment.name} (${deployment.id}).`;
    if (deployment.remoteExecution?.enabled) {
        if (type === 'image-only' && hasImage)
            return;
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-DEPLOY-REMOTE-EXECUTION',
            problem,
            observed: 'It uses remote execution, where the agents bring the DAGs, not Astro.',
            fix: 'Ship the DAGs with the agents (as part of their image or through a DAG bundle of theirs). Astro takes `deploy-type: image-only`.',
        });
    }
    if (!deployment.isDagDeployEnabled && (type !== 'image-and-dags' || !hasImage)) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-DEPLOY-DAG-DEPLOYS-OFF',
            problem,
            observed: `DAG-only deploys are switched off for it${hasImage ? '' : ', and the project has no Dockerfile for an image that could bring the DAGs'}.`,
            fix: 'Switch on DAG-only deploys in the settings of the Deployment, or run `astro deployment update` with `--dag-deploy enable`. Without them, use `deploy-type: image-and-dags`.',
        });
    }
    if (type === 'image-only' && !deployment.desiredDagTarballVersion) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-DEPLOY-NO-DAGS-YET',
            problem,
            observed: 'It has no DAGs yet; an image alone needs DAGs that were deployed before.',
            fix: 'Use `deploy-type: image-and-dags` for the first deploy.',
        });
    }
}
/** Refuses a Deployment that takes no deploy of any kind. */
function refuseClosed(deployment, session, problem) {
    if (deployment.isCicdEnforced && session === 'user-token') {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-DEPLOY-CICD-ENFORCED',
            problem,
            observed: 'It enforces CI/CD, and the credential is a user token.',
            likelyCause: 'With CI/CD enforcement Astro takes deploys from API tokens and API keys only.',
            fix: 'Use an API token of this Deployment or its Workspace as `api-token`.',
        });
    }
    if (deployment.status === 'HIBERNATING') {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-DEPLOY-HIBERNATING',
            problem,
            observed: 'It is hibernating; a hibernating Deployment takes no deploys.',
            fix: 'Wake it in the Astro UI (or wait for its schedule to do so), then run again.',
        });
    }
}

;// CONCATENATED MODULE: ./src/project/holes.ts

/** Git LFS says that its pointers are shorter than this. */
const LONGEST_POINTER = 1024;
/** How much of a file tells whether something stands in for its content. */
const HEAD_LENGTH = LONGEST_POINTER;
const LFS_VERSION = /^version https?:\/\/(?:git-lfs\.github\.com\/spec\/v1|hawser\.github\.com\/spec\/v1|git-media\.io\/v\/2)\r?\n/;
const LFS_ID = /^oid sha256:[0-9a-f]{64}\r?$/m;
const LFS_SIZE = /^size \d+\r?$/m;
/** How an encrypted file begins, as text of one byte a character: git-crypt, openssl (transcrypt), age, PGP. */
const CIPHERTEXT = /^(?:\0GITCRYPT\0|Salted__|U2FsdGVkX1|age-encryption\.org\/|-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----)/;
/** What git-annex and git-fat leave in place of a file. */
const ANNEXED = /^(?:\/annex\/objects\/|#\$# git-fat )/;
/**
 * What stands in the place of a file's content, by how the file begins. Without a filter for the file, ciphertext is what its
 * author wants to ship; only the text of a Git LFS pointer is never anybody's content.
 *
 * @param head the first HEAD_LENGTH bytes
 * @param hasFilter the repository's `.gitattributes` name a filter for the file
 */
function standsIn(head, hasFilter) {
    const text = head.toString('latin1');
    if (LFS_VERSION.test(text) && LFS_ID.test(text) && LFS_SIZE.test(text))
        return 'lfs';
    if (!hasFilter)
        return undefined;
    if (CIPHERTEXT.test(text))
        return 'encrypted';
    return ANNEXED.test(text) ? 'annex' : undefined;
}
const TEXTS = {
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
};
const LISTED = 10;
/** What is missing from what would be shipped, and which line of `actions/checkout` brings it. */
function checkoutIncomplete(holes) {
    const lines = holes.map(({ path, kind }) => `${path}: ${TEXTS[kind].seen}`).toSorted();
    const more = lines.length > LISTED ? [`and ${(lines.length - LISTED).toLocaleString('en')} more`] : [];
    const kinds = [...new Set(holes.map(({ kind }) => kind))];
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-CHECKOUT-INCOMPLETE',
        problem: 'The checkout lacks a part of what this deploy would ship.',
        observed: [...lines.slice(0, LISTED), ...more].join('\n'),
        likelyCause: 'actions/checkout brings these only when it is told to.',
        fix: kinds.map((kind) => TEXTS[kind].fix).join(' '),
    });
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
;// CONCATENATED MODULE: ./src/project/stand-ins.ts




/** A few milliseconds of work. */
const FILES_A_TURN = 256;
/**
 * Files whose content is not what the commit means by it. Of those without a filter, only files as small as a pointer are
 * looked into. What cannot be read is left to whoever ships it.
 *
 * @param filtered absolute paths of files that have a filter
 */
async function findStandIns(candidates, filtered) {
    const buffer = Buffer.alloc(HEAD_LENGTH);
    const holes = [];
    let looked = 0;
    for (const { path: name, absolutePath, size = 0 } of candidates) {
        const hasFilter = filtered.has(absolutePath);
        if (size > LONGEST_POINTER && !hasFilter)
            continue;
        const head = readHead(absolutePath, buffer, hasFilter);
        const kind = head && standsIn(head, hasFilter);
        if (kind)
            holes.push({ path: name, kind });
        if (++looked % FILES_A_TURN === 0)
            await (0,promises_.setImmediate)();
    }
    return holes;
}
function readHead(file, buffer, whateverSize) {
    try {
        const descriptor = (0,external_node_fs_.openSync)(file, 'r');
        try {
            const stats = (0,external_node_fs_.fstatSync)(descriptor);
            if (!stats.isFile() || (stats.size > LONGEST_POINTER && !whateverSize))
                return undefined;
            return buffer.subarray(0, (0,external_node_fs_.readSync)(descriptor, buffer, 0, buffer.length, 0));
        }
        finally {
            (0,external_node_fs_.closeSync)(descriptor);
        }
    }
    catch {
        return undefined;
    }
}
/** The files in a folder and below, by paths from it with forward slashes; what cannot be read is left out. */
function listFiles(folder, inside = '') {
    const name = (entry) => (inside === '' ? entry : `${inside}/${entry}`);
    try {
        return (0,external_node_fs_.readdirSync)(external_node_path_.join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
            if (entry.isDirectory())
                return entry.name === '.git' ? [] : listFiles(folder, name(entry.name));
            return entry.isFile() ? [name(entry.name)] : [];
        });
    }
    catch {
        return [];
    }
}

;// CONCATENATED MODULE: ./src/deploy/require-whole.ts







/**
 * Refuses to ship a part of which the checkout lacks something: green would mean that the code of the commit runs.
 *
 * @throws ActionError ASTRO-CHECKOUT-INCOMPLETE
 */
async function requireWhole(run, type, facts) {
    const isBuilt = type !== 'dags-only' && run.inputs.imageName === undefined;
    const { isDagDeployEnabled } = run.deployment;
    const bringsDags = type !== 'image-only' && (isDagDeployEnabled || isBuilt);
    const inDags = bringsDags ? await holesInDags(run, facts) : [];
    const holes = [
        ...(isDagDeployEnabled ? inDags : inDags.filter(reachesImage(run, facts))),
        ...(isBuilt ? await holesInImage(run, facts) : []),
    ];
    if (holes.length > 0)
        throw checkoutIncomplete(holes);
}
async function holesInDags(run, facts) {
    // Whether the DAG folder can be read is not asked here.
    const standIns = await run.project().dagStandIns.catch(() => []);
    return [...holesOfParts(facts).dags, ...standIns];
}
async function holesInImage(run, facts) {
    const { tree, projectPath } = facts;
    const { folder } = run.project();
    const root = tree.clone?.root;
    const candidates = root === undefined
        ? filesOfImage(facts, listFiles(folder).map((file) => external_node_path_.posix.join(projectPath, file))).map((file) => ({
            path: file,
            absolutePath: external_node_path_.join(folder, external_node_path_.posix.relative(projectPath, file)),
        }))
        : filesOfImage(facts, tree.tracked).map((file) => ({ path: file, absolutePath: external_node_path_.join(root, file) }));
    return [...holesOfParts(facts).image, ...(await findStandIns(candidates, tree.filtered))];
}
/** With DAG-only deploys off, `.dockerignore` also decides which DAGs are shipped. */
function reachesImage({ inputs }, { tree, projectPath }) {
    const isIgnored = readDockerIgnore((0,image_dockerfile/* ignoreFileFor */.w)(tree.dockerIgnore, inputs.dagsPath, true));
    return coversHole((file) => !isIgnored(external_node_path_.posix.relative(projectPath, file)));
}

;// CONCATENATED MODULE: ./src/deploy/make-plan.ts








const make_plan_MOST_NAMED = 5;
/** The type that ships the other part alone. */
const ONLY_OTHER = { dags: 'image-only', image: 'dags-only' };
/**
 * Reads the project and the deploy history, decides what is deployed, shows it, and refuses what cannot work. Nothing is
 * written, and nothing is built.
 */
async function makePlan(run) {
    const { deployment, inputs, log, outputs, tell } = run;
    const project = run.project();
    const [deploys, commit, projectPath, tree, credentialFiles] = await Promise.all([
        run.deploys(),
        project.commit,
        project.projectPath,
        project.tree,
        project.credentialFiles,
    ]);
    tellOfCheckout(run, tree, credentialFiles);
    const compare = createCompare({ ...run, token: inputs.githubToken, repository: commit?.repository });
    const partInputs = namePartInputs(inputs, run.env);
    const facts = { inputs, partInputs, deployment, deploys, commit, projectPath, tree };
    const chooseFacts = { ...facts, projectFolder: project.folder };
    const choice = await chooseDeploy({ git: run.git, compare }, chooseFacts);
    if (choice.skip === undefined) {
        const hasImage = inputs.imageName !== undefined || tree.hasDockerfile;
        refuseType({ type: choice.type, deployment, hasImage });
        await requireWhole(run, choice.type, facts);
    }
    const dagFolder = choice.skip === undefined && choice.type !== 'image-only' ? await project.dagFolder : undefined;
    const head = tree.clone?.head;
    const plan = planDeploy({
        choice,
        deployment,
        deploys,
        commit,
        mark: {
            tree: head === commit?.sha ? undefined : head,
            modified: modifiedParts(facts),
            inputs: partInputs,
            whole: precariousParts(facts).filter((part) => choice.type !== ONLY_OTHER[part]),
        },
        projectPath,
        description: inputs.description,
        dagFolder,
    });
    for (const reason of plan.reasons)
        log.info(reason);
    log.info(`Live now: ${plan.previous ? `deploy ${plan.previous.id}` : 'no deploy'}, DAG version ${plan.before.dagVersion ?? 'none'}, image ${plan.before.imageTag ?? 'none'}.`);
    outputs.set({
        'deploy-type': plan.skip === undefined ? plan.type : undefined,
        'previous-deploy-id': plan.previous?.id,
    });
    tell({
        commit,
        deployType: plan.type,
        reasons: plan.reasons,
        dagVersion: { before: plan.before.dagVersion, after: undefined },
    });
    const need = imageNeed(run, plan);
    if (need && plan.skip === undefined) {
        if (!need.ships)
            log.info('The tests need the project’s image: it is built for them and not deployed.');
        await requireImageFiles(run, need);
    }
    const wasCompared = inputs.deployType === 'infer' || inputs.skipUnchanged;
    const isVerified = inputs.verify !== 'no' && plan.type !== 'image-only';
    const changedDags = wasCompared || !isVerified ? choice.changedDags : await readChangedDags(run.git, chooseFacts);
    return { ...plan, changedDags };
}
/** What the plan does not know of the checkout, and what of it is never shipped. */
function tellOfCheckout({ log }, { unknown }, credentialFiles) {
    if (unknown) {
        const line = `Which files belong to a commit is not known: ${unknown.why}.`;
        if (unknown.isTrouble)
            log.warning(line);
        else
            log.info(line);
    }
    if (credentialFiles.length > 0) {
        log.notice(`Left out of everything: ${(0,src_errors/* listSome */.XT)(credentialFiles, make_plan_MOST_NAMED)}. An action that signs in elsewhere left these credentials in the workspace.`);
    }
}
/** What the plan needs an image for; undefined when it needs none. */
function imageNeed({ inputs, deployment }, plan) {
    const wanted = [
        ...(inputs.parse ? ['parse'] : []),
        ...(inputs.pytest ? ['pytest'] : []),
    ];
    const tests = inputs.force ? [] : wanted;
    if (!plan.ships.image && tests.length === 0)
        return undefined;
    const isRemote = deployment.remoteExecution?.enabled === true;
    return { ships: plan.ships.image, bringsDags: !deployment.isDagDeployEnabled && !isRemote, tests };
}

;// CONCATENATED MODULE: ./src/deploy/rollback-choice.ts


/** How long Astro lets a deploy be returned to; the latest one longer (section 9 of the control plane's contract). */
const WINDOW_DAYS = 90;
const rollback_choice_DAY_MS = 24 * 3_600_000;
/** Plans a rollback by hand. A pure function of its facts. Throws `ASTRO-ROLLBACK-…` when there is none that could work. */
function planRollback(facts) {
    const { deploys, deployment, wanted, now } = facts;
    const leave = newestDeployed(deploys);
    const to = wanted === undefined ? leave && deployBefore(deploys, leave) : named(facts, wanted);
    if (!leave || !to)
        throw nothingBefore(deployment.name, leave);
    refuseUnreturnable(deploys, to, now);
    if (wanted !== undefined && (to.id === leave.id || originOf(deploys, leave).id === to.id)) {
        throw liveAlready(to, leave);
    }
    return { leave, to, reasons: rollback_choice_explain(deployment, leave, to) };
}
/**
 * The newest deploy that Astro accepted before this one. A rollback counts as the deploy that it returned to, so that a
 * second step back does not lead forward to what the first one left.
 */
function deployBefore(deploys, deploy) {
    const origin = originOf(deploys, deploy);
    return newestDeployed(deploys.filter(({ id, createdAt }) => id !== deploy.id && id !== origin.id && Date.parse(createdAt) <= Date.parse(origin.createdAt)));
}
/** Refuses a deploy that Astro takes no rollback to. Throws `ASTRO-ROLLBACK-…`. */
function refuseUnreturnable(deploys, to, now) {
    if (to.status !== 'DEPLOYED') {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-ROLLBACK-NOT-DEPLOYED',
            problem: `Cannot roll back to the deploy ${to.id}.`,
            observed: `Its status is ${to.status}.`,
            likelyCause: 'It was never finished, or Astro could not roll it out.',
            fix: 'Choose a deploy of the deploy history that was DEPLOYED, or leave `deploy-id` out for the one before.',
        });
    }
    const days = Math.floor((now - Date.parse(to.createdAt)) / rollback_choice_DAY_MS);
    if (days >= WINDOW_DAYS && newestDeployed(deploys)?.id !== to.id) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-ROLLBACK-TOO-OLD',
            problem: `Cannot roll back to the deploy ${to.id}.`,
            observed: `It is ${days} days old (${to.createdAt}).`,
            likelyCause: `Astro keeps the code of a deploy for ${WINDOW_DAYS} days, unless it is the latest.`,
            fix: 'Check out the commit that should run, and deploy it again.',
        });
    }
}
/** A deploy by what a person knows it by: its time, commit and description. */
function describeDeployed({ id, createdAt, git, description }) {
    const commit = git ? `, commit ${git.commitSha.slice(0, 7)}` : '';
    return `${id} of ${createdAt}${commit}${description ? `: ${(0,src_errors/* quote */.hD)(description)}` : ''}`;
}
/** The deploy whose code this one brought, through any number of rollbacks. */
function originOf(deploys, deploy) {
    const seen = new Set();
    let current = deploy;
    while (!seen.has(current.id)) {
        seen.add(current.id);
        const { rollbackFromId } = current;
        current = deploys.find(({ id }) => id === rollbackFromId) ?? current;
    }
    return current;
}
function named({ deploys, deployment }, wanted) {
    const found = deploys.find(({ id }) => id === wanted);
    if (found)
        return found;
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLBACK-UNKNOWN-DEPLOY',
        problem: `The Deployment ${deployment.name} has no deploy ${wanted}.`,
        observed: `Its history has ${deploys.length} deploys.`,
        likelyCause: 'The ID has a typing error, or belongs to a deploy of another Deployment.',
        fix: 'Copy the ID from the deploy history of the Deployment, or leave `deploy-id` out for the deploy before.',
    });
}
function nothingBefore(name, leave) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLBACK-NOTHING',
        problem: `The Deployment ${name} has no deploy to go back to.`,
        observed: leave
            ? `Live is the deploy ${describeDeployed(leave)}. None that was DEPLOYED is before it.`
            : 'Its history has no deploy that was DEPLOYED.',
        fix: 'Check out the commit that should run, and deploy it.',
    });
}
function liveAlready(to, leave) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLBACK-LIVE-ALREADY',
        problem: `There is nothing to roll back: the deploy ${to.id} is the one that is live.`,
        observed: to.id === leave.id
            ? 'It is the newest deploy that Astro accepted.'
            : `The newest deploy, ${describeDeployed(leave)}, has already returned to it.`,
        fix: 'Name an earlier deploy with `deploy-id`, or leave it out for the one before.',
    });
}
function rollback_choice_explain({ astroRuntimeVersion }, leave, to) {
    const runtime = to.astroRuntimeVersion;
    return [
        `From the deploy ${describeDeployed(leave)}`,
        `Back to the deploy ${describeDeployed(to)}`,
        ...(runtime === undefined || runtime === astroRuntimeVersion
            ? []
            : [
                `The runtime goes from ${astroRuntimeVersion} to ${runtime}. A step down makes running tasks fail and may lose metadata of Airflow.`,
            ]),
        'Code and runtime are what they were then; environment variables and settings stay as they are now.',
    ];
}

;// CONCATENATED MODULE: ./src/deploy/rollout-verdict.ts
const NOTHING_SEEN = {
    seenDags: false,
    seenImage: false,
    sawDeploying: false,
    wasReady: false,
    elapsedMs: 0,
};
/** How long a Deployment may take until it shows DEPLOYING after a finalize; the Astro CLI sleeps as long. */
const IMAGE_GRACE_MS = 90_000;
const DAGS_GRACE_MS = 30_000;
/**
 * Whether what was deployed runs (section 5 of the control plane's contract). HEALTHY alone proves nothing: right after a
 * finalize it is the old code that is healthy. For DAGs, the current and the desired version must both be ours. For an
 * image, tag and runtime must be ours; since the tag may move before the rollout begins, it also takes that the Deployment
 * was seen DEPLOYING, or had time to be, and that it is well twice in a row. The same goes for a DAG version that was the
 * desired one before.
 */
function judgeRollout(seen, expected, memory) {
    const { deploy, deployment } = seen;
    if (deploy.status === 'FAILED') {
        return { kind: 'failed', reason: deployment.statusReason };
    }
    const other = replacement(seen, expected, memory);
    if (other !== undefined)
        return { kind: 'superseded', by: other };
    if (deployment.status === 'HIBERNATING')
        return { kind: 'hibernating' };
    if (isReady(seen, expected) && (changesVisibly(expected) || hasSettled(memory, expected))) {
        return { kind: 'live' };
    }
    return { kind: 'waiting', state: describeState(seen, expected) };
}
/** Whether everything that was deployed is there and well at this look. */
function isReady({ deploy, deployment }, { dagVersion, image }) {
    const dagsRun = dagVersion === undefined ||
        (deployment.desiredDagTarballVersion === dagVersion && deployment.dagTarballVersion === dagVersion);
    const imageRuns = !image ||
        image.mayBeUnpushed === true ||
        (deployment.imageTag === image.tag &&
            (image.runtimeVersion === undefined || deployment.astroRuntimeVersion === image.runtimeVersion));
    return deploy.status === 'DEPLOYED' && deployment.status === 'HEALTHY' && dagsRun && imageRuns;
}
/** Whether our DAG version shows nowhere before it runs. An image's tag may, and so does a version that was wanted before. */
const changesVisibly = ({ dagVersion, image, former }) => !image && dagVersion !== former.desiredDagVersion;
const hasSettled = ({ sawDeploying, wasReady, elapsedMs }, { image }) => wasReady &&
    ((sawDeploying && image?.isRestarting !== true) || elapsedMs >= (image ? IMAGE_GRACE_MS : DAGS_GRACE_MS));
/** What the Deployment moves to in place of ours; undefined when nobody came in between. */
function replacement({ deployment }, { dagVersion, image, former }, { seenDags, seenImage }) {
    const desired = deployment.desiredDagTarballVersion;
    if (dagVersion !== undefined && desired !== undefined && desired !== dagVersion) {
        if (seenDags || desired !== former.desiredDagVersion)
            return `the DAG version ${desired}`;
    }
    const { imageTag } = deployment;
    if (image && seenImage && imageTag !== image.tag)
        return `the image ${imageTag}`;
    return undefined;
}
/** What the next look has to know of this one. */
function remember(memory, seen, expected) {
    const { deployment } = seen;
    return {
        seenDags: memory.seenDags ||
            (expected.dagVersion !== undefined && deployment.desiredDagTarballVersion === expected.dagVersion),
        seenImage: memory.seenImage || deployment.imageTag === expected.image?.tag,
        sawDeploying: memory.sawDeploying || deployment.status === 'DEPLOYING',
        wasReady: isReady(seen, expected),
        elapsedMs: memory.elapsedMs,
    };
}
/** In words, for the log and for the error of a wait that took too long. */
function describeState({ deploy, deployment }, { dagVersion, image, isReturn }) {
    const reason = deployment.statusReason ? ` (${deployment.statusReason})` : '';
    const [ours, other] = isReturn ? ['the earlier', 'another'] : ['the new', 'the former'];
    const age = (isOurs) => (isOurs ? ours : other);
    const code = [
        ...(dagVersion === undefined ? [] : [`${age(deployment.dagTarballVersion === dagVersion)} DAG version`]),
        ...(image
            ? [`${age(deployment.imageTag === image.tag)} image (runtime ${deployment.astroRuntimeVersion})`]
            : []),
    ];
    return `deploy ${deploy.status}, Deployment ${deployment.status}${reason}, running ${code.join(' and ')}`;
}

;// CONCATENATED MODULE: ./src/deploy/rollout.ts



/**
 * Waits until the deploy is live, at most `budgetMs`, and returns the Deployment as it was then. Throws `ASTRO-ROLLOUT-…`
 * for every other end.
 */
function waitUntilLive(deps, target, deployId, expected, budgetMs) {
    const { astro, clock } = deps;
    const startedAt = clock.now();
    let memory = NOTHING_SEEN;
    return watch(deps, {
        look: () => Promise.all([astro.getDeploy(target, deployId), astro.getDeployment(target)]),
        async judge([deploy, deployment]) {
            const seen = { deploy, deployment };
            memory = { ...memory, elapsedMs: clock.now() - startedAt };
            const verdict = judgeRollout(seen, expected, memory);
            const seenOurs = memory.seenDags || memory.seenImage;
            memory = remember(memory, seen, expected);
            if (verdict.kind === 'live')
                return { kind: 'done', result: deployment };
            if (verdict.kind === 'waiting')
                return verdict;
            if (verdict.kind !== 'superseded')
                throw ended(deps, target, deployId, verdict);
            const newer = await findReplacement(deps, target, deploy, verdict.by);
            // A version that is neither ours nor the former one may be older than ours, as long as ours was never seen.
            if (!seenOurs && !newer)
                return { kind: 'waiting', state: describeState(seen, expected) };
            throw replaced(deps, deployId, verdict.by, newer);
        },
        budgetMs,
        timedOut: (state) => rollout_timedOut(target, deployId, state, budgetMs),
    });
}
function ended(deps, target, deployId, verdict) {
    switch (verdict.kind) {
        case 'failed':
            deps.onEnded?.('failed');
            return rolloutFailed(target, deployId, verdict.reason);
        case 'hibernating':
            return new src_errors/* ActionError */.lZ({
                code: 'ASTRO-ROLLOUT-HIBERNATING',
                problem: `The deploy ${deployId} was taken, but the Deployment went into hibernation before its code ran.`,
                observed: 'Its status is HIBERNATING.',
                likelyCause: 'Its hibernation schedule, or somebody, put it to sleep.',
                fix: `Wake it, then look which code runs: ${target.url}`,
            });
    }
}
/** The error of a deploy that Astro took and could not carry out. */
function rolloutFailed(target, deployId, reason) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLOUT-FAILED',
        problem: `Astro could not roll out the deploy ${deployId}.`,
        observed: (0,src_errors/* asSentence */.KG)(`The deploy is FAILED: ${reason ?? 'Astro gives no reason'}`),
        fix: `Look at the Deployment: ${target.url}`,
    });
}
function replaced(deps, deployId, by, newer) {
    deps.onEnded?.('replaced');
    const commit = newer?.git ? ` (commit ${newer.git.commitSha.slice(0, 7)})` : '';
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLOUT-SUPERSEDED',
        problem: `The deploy ${deployId} was replaced by a newer one before it was seen live.`,
        observed: `The Deployment now moves to ${by}${newer ? `, of the deploy ${newer.id}${commit}` : ''}.`,
        likelyCause: 'Another run, or somebody in the UI or the CLI, deployed at the same time.',
        fix: 'Look at the newer deploy. A `concurrency` group in the workflow keeps two runs from deploying at once.',
    });
}
/** The deploy after ours that brings what the Deployment moves to; undefined when there is none, or none can be seen. */
async function findReplacement({ astro }, target, ours, replacedBy) {
    try {
        const deploys = await astro.listDeploys(target);
        return deploys.find(({ id, createdAt, dagTarballVersion, imageTag }) => id !== ours.id &&
            Date.parse(createdAt) >= Date.parse(ours.createdAt) &&
            [`the DAG version ${dagTarballVersion ?? ''}`, `the image ${imageTag}`].includes(replacedBy));
    }
    catch {
        return undefined;
    }
}
function rollout_timedOut(target, deployId, state, budgetMs) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLOUT-TIMEOUT',
        problem: `The deploy ${deployId} was not seen live within ${budgetMs / 1000} s.`,
        observed: (0,src_errors/* asSentence */.KG)(`Last seen: ${state}`),
        likelyCause: 'The rollout is slow (many workers, a large image), or the Deployment cannot start the new code.',
        fix: `Look at the Deployment: ${target.url} . Raise \`wait-time\` when rollouts simply take longer.`,
    });
}

;// CONCATENATED MODULE: ./src/deploy/rollback.ts



const rollback_LOOKS = 4;
const rollback_PAUSE_MS = 1_000;
/** Answers by which Astro itself says that it did not act. */
const rollback_CLEAR_CODES = new Set([
    'ASTRO-API-REFUSED',
    'ASTRO-API-UNAUTHORIZED',
    'ASTRO-API-FORBIDDEN',
    'ASTRO-API-NOT-FOUND',
    'ASTRO-API-CONFLICT',
    'ASTRO-API-RATE-LIMIT',
]);
/**
 * Asks Astro for a rollback, once and never again, and returns the new deploy that it made. An unclear answer is resolved by
 * looking for a new deploy with this `rollbackFromId` (section 8 of the control plane's contract). Throws ActionError,
 * `ASTRO-ROLLBACK-UNCLEAR` when no such deploy turns up; `progress` then knows how far it came.
 *
 * @param known the deploys from before, among which the new one is not
 */
async function askForRollback(deps, target, to, description, known) {
    const { astro, log, progress, signal } = deps;
    progress.rollback({ kind: 'asking', to });
    let made;
    try {
        made = await astro.rollbackDeploy(target, to, { description });
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || signal.aborted)
            throw error;
        if (hadNoEffect(error)) {
            progress.rollback({ kind: 'refused', to });
            throw error;
        }
        log.info(`The rollback had no clear answer (${error.observed ?? error.code}); looking for it in the history.`);
        made = await findMade(deps, target, to, known);
        if (!made)
            throw unclear(to, error);
    }
    progress.rollback({ kind: 'taken', to, by: made.id });
    log.info(`Astro has taken the rollback to the deploy ${to}, as the deploy ${made.id} (${made.status}).`);
    return made;
}
function hadNoEffect({ code, cause }) {
    return rollback_CLEAR_CODES.has(code) || (cause instanceof HttpFailure && !cause.reached);
}
/** What was asked for may come about a little after the connection broke. */
async function findMade({ astro, clock, signal }, target, to, known) {
    for (let look = 1;; look++) {
        const deploys = await astro.listDeploys(target);
        const made = deploys.find(({ id, rollbackFromId }) => rollbackFromId === to && known.every((deploy) => deploy.id !== id));
        if (made || look >= rollback_LOOKS)
            return made;
        await clock.sleep(rollback_PAUSE_MS * look, signal);
    }
}
function unclear(to, error) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-ROLLBACK-UNCLEAR',
        problem: `Astro gave no clear answer to the rollback to the deploy ${to}.`,
        observed: `${error.observed ?? error.problem} The deploy history shows no new deploy that returns to it.`,
        likelyCause: error.likelyCause,
        fix: 'Look at the deploy history of the Deployment. Roll back again only if no rollback is there: each request makes one.',
        cause: error,
    });
}
/**
 * What runs when the rollback is live. The image is waited for when it is another than the Deployment had before, or when
 * nothing else tells; otherwise its DAGs are the proof.
 *
 * @param to the deploy that is returned to
 * @param made the deploy that the rollback made
 * @param before the Deployment as it was when the rollback was asked for
 */
function expectReturn(to, made, before) {
    const dagVersion = made.dagTarballVersion === '' ? undefined : made.dagTarballVersion;
    const image = {
        tag: made.imageTag,
        runtimeVersion: made.astroRuntimeVersion,
        mayBeUnpushed: !to.type.startsWith('IMAGE'),
    };
    return {
        dagVersion,
        image: dagVersion === undefined || made.imageTag !== before.imageTag ? image : undefined,
        former: { desiredDagVersion: before.desiredDagTarballVersion },
        isReturn: true,
    };
}
/**
 * Waits until the code of the deploy `to` runs again, at most `budgetMs`, and returns the Deployment as it is then. Throws
 * `ASTRO-ROLLOUT-…` for every other end; `progress` then knows it.
 *
 * @param made the deploy that the rollback made
 * @param before the Deployment as it was when the rollback was asked for
 */
async function waitUntilReturned(deps, target, { to, made, before }, budgetMs) {
    const reached = (kind) => deps.progress.rollback({ kind, to: to.id, by: made.id });
    const watching = { ...deps, onEnded: reached };
    const live = await waitUntilLive(watching, target, made.id, expectReturn(to, made, before), budgetMs);
    reached('live');
    return live;
}

;// CONCATENATED MODULE: ./src/deploy/rollback-on-failure.ts




/**
 * Runs the proof of a deploy that Astro has taken. With `rollback-on-failure`, a proof that fails makes the Deployment return
 * to the deploy before, and is waited for; the proof's own error is thrown all the same, with a word on a rollback that did
 * not work (`progress` has the word on one that did).
 */
async function withRollback(run, guarded, proof) {
    const { inputs, outputs, signal } = run;
    if (!inputs.rollbackOnFailure)
        return proof();
    outputs.set({ 'rolled-back': 'false' });
    try {
        return await proof();
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || signal.aborted || !speaksAgainstTheCode(error.code, guarded))
            throw error;
        try {
            const { waitMs } = inputs;
            if (waitMs !== undefined)
                await bringBack(run, guarded, error, waitMs);
        }
        catch (failure) {
            throw withoutRollback(error, failure);
        }
        throw error;
    }
}
/** Ends after which the code of this run is not what is wrong, or is not what would be rolled back. */
const OTHER_ENDS = new Set([
    'ASTRO-CANCELLED',
    'ASTRO-ROLLOUT-SUPERSEDED',
    'ASTRO-ROLLOUT-HIBERNATING',
    'ASTRO-RUN-PAUSED',
    'ASTRO-RUN-NO-DAG',
]);
/** Whoever may not look, or cannot, has no proof of anything: such ends do not change what runs. */
function speaksAgainstTheCode(code, { knowsBefore }) {
    if (code.startsWith('ASTRO-VERIFY-') && !knowsBefore)
        return false;
    return !OTHER_ENDS.has(code) && !/^ASTRO-(API|AUTH|AIRFLOW|ENV|UNEXPECTED)\b/.test(code);
}
async function bringBack(run, { deployId, previous }, error, waitMs) {
    const { astro, target, clock, log, outputs, stage, tell } = run;
    const { made, to, before } = await stage('Roll back', async () => {
        log.info(`${error.problem} Rolling back, as \`rollback-on-failure\` asks for.`);
        const [deploys, deployment] = await Promise.all([astro.listDeploys(target), astro.getDeployment(target)]);
        const chosen = choose(deploys, deployId, previous, clock.now());
        const description = `Rollback from ${deployId} (${error.code})`;
        const rollback = await askForRollback(run, target, chosen.id, description, deploys);
        return { made: rollback, to: chosen, before: deployment };
    });
    tell({ rollback: { to, by: made.id } });
    await stage('Wait until rolled back', () => waitUntilReturned(run, target, { to, made, before }, waitMs));
    outputs.set({ 'rolled-back': 'true' });
    log.info(`Rolled back: the code of the deploy ${to.id} runs again, as the deploy ${made.id}.`);
}
/** The deploy to return to, unless somebody has deployed meanwhile, whose code is not ours to take away. */
function choose(deploys, deployId, previous, now) {
    if (!previous) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-ROLLBACK-NOTHING',
            problem: 'There is no deploy to go back to: this one was the first.',
            fix: 'Repair the code and deploy again.',
        });
    }
    const newest = newestDeployed(deploys.filter(({ id }) => id !== deployId));
    if (newest && newest.id !== previous.id) {
        throw new src_errors/* ActionError */.lZ({
            code: 'ASTRO-ROLLBACK-OVERTAKEN',
            problem: `Somebody else has deployed meanwhile (the deploy ${newest.id}), so that the one before is no longer ${previous.id}.`,
            fix: 'Look at the other deploy, and roll back by hand if needed.',
        });
    }
    const to = deploys.find(({ id }) => id === previous.id) ?? previous;
    refuseUnreturnable(deploys, to, now);
    return to;
}
/** The proof's own error, with why no rollback came about, or why it was not seen live. */
function withoutRollback(error, failure) {
    const why = failure instanceof src_errors/* ActionError */.lZ
        ? [failure.problem, failure.observed].filter(Boolean).join(' ')
        : (0,src_errors/* describeError */.Uc)(failure);
    return new src_errors/* ActionError */.lZ({
        code: error.code,
        problem: error.problem,
        observed: [error.observed, `The rollback that \`rollback-on-failure\` asks for did not work: ${why}`]
            .filter(Boolean)
            .join('\n'),
        likelyCause: error.likelyCause,
        fix: error.fix,
        cause: failure,
    });
}

;// CONCATENATED MODULE: ./src/airflow/failed-tasks.ts


const TASKS_NAMED = 10;
const LOGS_SHOWN = 3;
const LOG_LINES = 100;
const LOG_TRIES = 3;
const LOG_PAUSE_MS = 2_000;
const LONGEST_WORDS = 200;
const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception)\b/;
/** Why a run failed, in lines: its failed tasks. The ends of their logs are logged. Throws only when the run is cancelled. */
async function explainFailure(deps, run) {
    const tasks = await readTasks(deps, run);
    if (tasks instanceof src_errors/* ActionError */.lZ)
        return [tasks.problem];
    const failed = tasks.filter((task) => task.state === 'failed');
    const lines = [];
    for (const [index, task] of failed.slice(0, TASKS_NAMED).entries()) {
        const words = index < LOGS_SHOWN ? await showLog(deps, run, task) : undefined;
        lines.push(`Failed: ${failed_tasks_nameOf(task)}${words === undefined ? '' : ` (${words})`}`);
    }
    if (failed.length > TASKS_NAMED)
        lines.push(`Failed: ${failed.length - TASKS_NAMED} more`);
    if (failed.length === 0)
        lines.push('No task failed: the DAG run itself did.');
    const skipped = tasks.filter((task) => task.state === 'upstream_failed').length;
    if (skipped > 0)
        lines.push(`Not run because of it: ${skipped} more`);
    return lines;
}
const ENDS = new Set(['success', 'failed', 'upstream_failed', 'skipped', 'removed']);
/** The tasks that a run has not finished, in lines. Never throws. */
async function listUnfinished(deps, run) {
    const tasks = await readTasks(deps, run);
    if (tasks instanceof src_errors/* ActionError */.lZ)
        return [];
    const unfinished = tasks.filter(({ state }) => !ENDS.has(state ?? ''));
    if (unfinished.length === 0)
        return [];
    const names = unfinished.map((task) => `${failed_tasks_nameOf(task)} (${task.state ?? 'not scheduled'})`);
    return [`Not finished: ${(0,src_errors/* listSome */.XT)(names, TASKS_NAMED)}.`];
}
async function readTasks({ airflow }, { dagId, runId }) {
    try {
        return (await airflow.taskInstances(dagId, runId)).items;
    }
    catch (error) {
        return (0,src_errors/* asActionError */.z6)(error);
    }
}
/** Logs the end of a task's log; returns its last words. Logs come late from where they are kept. */
async function showLog(deps, run, task) {
    const { airflow, clock, log, signal } = deps;
    if (task.tryNumber < 1)
        return undefined;
    let found = [];
    for (let attempt = 1; attempt <= LOG_TRIES && found.length === 0; attempt++) {
        if (attempt > 1)
            await clock.sleep(LOG_PAUSE_MS, signal);
        try {
            found = await airflow.taskLog(run.dagId, run.runId, task);
        }
        catch (error) {
            const { code, observed, problem } = (0,src_errors/* asActionError */.z6)(error);
            if (code === 'ASTRO-CANCELLED')
                throw error;
            if (attempt === LOG_TRIES) {
                log.info(`The log of the task ${failed_tasks_nameOf(task)} could not be read: ${observed ?? problem}`);
            }
        }
    }
    const { lines, before } = tail(found, LOG_LINES);
    if (lines.length === 0)
        return undefined;
    log.info(`The end of the log of the task ${failed_tasks_nameOf(task)}${before === 0 ? '' : ` (${before} lines left out)`}:`);
    for (const line of lines)
        log.info(`  | ${line}`);
    const words = lines.findLast((line) => EXCEPTION.test(line));
    // A text is never cut: a secret that was cut is one that redaction does not know.
    return words !== undefined && words.length > LONGEST_WORDS ? EXCEPTION.exec(words)?.[0] : words;
}
function failed_tasks_nameOf({ taskId, mapIndex }) {
    return mapIndex < 0 ? taskId : `${taskId} [${mapIndex}]`;
}

;// CONCATENATED MODULE: ./src/airflow/smoke-test.ts



/**
 * Runs a DAG and follows the run to its end. Throws ActionError `ASTRO-RUN-…` unless it succeeds; the log then has the tail
 * of the failed tasks' logs. A run that takes too long, or that nobody follows any more, is stopped; a DAG that was unpaused
 * for it is paused again, whatever happens, and beside the stop: a cancelled job has seconds left.
 */
async function runSmokeTest(deps, test) {
    const { dag, serverTime } = await findDag(deps, test);
    const logicalDate = new Date(serverTime ?? deps.clock.now());
    if (!dag.isPaused)
        return runToEnd(deps, { ...test, repause: () => Promise.resolve() }, logicalDate);
    if (!test.unpause)
        throw pausedDag(test.dagId);
    await whileUnpaused(deps, test, (repause) => runToEnd(deps, { ...test, repause }, logicalDate));
}
async function findDag({ airflow }, { dagId }) {
    try {
        const found = await airflow.dag(dagId);
        if (found.dag.isActive)
            return found;
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || error.code !== 'ASTRO-AIRFLOW-NOT-FOUND')
            throw error;
        throw noDag(dagId, error.observed);
    }
    throw noDag(dagId, 'Airflow remembers it, but it is in no file any more, or its file does not import.');
}
async function whileUnpaused(deps, test, work) {
    const { airflow, log } = deps;
    let pausing;
    const repause = () => (pausing ??= pauseAgain(deps, test));
    log.info(`The DAG ${test.dagId} is paused: it is unpaused for this run.`);
    try {
        await airflow.setPaused(test.dagId, false);
    }
    catch (error) {
        if (!isNo(error))
            await repause();
        throw error;
    }
    try {
        await work(repause);
    }
    finally {
        await repause();
    }
}
async function runToEnd(deps, test, logicalDate) {
    const { log, onRun, onEnd } = deps;
    const run = await start(deps, test, logicalDate);
    onRun();
    let state;
    try {
        state = await follow(deps, test);
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || error.code !== 'ASTRO-RUN-TIMEOUT') {
            const [stopped] = await Promise.all([stop(deps, test), test.repause()]);
            if (stopped.isDone)
                onEnd('failed');
            throw error;
        }
        onEnd('timed-out');
        const unfinished = await listUnfinished(deps, test);
        throw tookTooLong(error, [...unfinished, (await stop(deps, test)).words]);
    }
    if (state === 'success') {
        onEnd('success');
        log.info(`The run ${run.id} succeeded.`);
        return;
    }
    onEnd('failed');
    throw new src_errors/* ActionError */.lZ({
        code: 'ASTRO-RUN-FAILED',
        problem: `The smoke test failed: the run ${run.id} of the DAG ${test.dagId} ended as ${state}.`,
        observed: (await explainFailure(deps, test)).join('\n'),
        fix: 'The end of the logs stands in the log of this step; the rest is in the Airflow UI.',
    });
}
/**
 * A run that is there already is the one of an earlier request whose answer was lost. One of which nobody knows whether it
 * was started is stopped.
 */
async function start(deps, test, logicalDate) {
    const { airflow } = deps;
    const { runId: id, conf, note } = test;
    try {
        return await airflow.triggerRun(test.dagId, { id, conf, note, logicalDate });
    }
    catch (error) {
        if (error instanceof src_errors/* ActionError */.lZ && error.code === 'ASTRO-AIRFLOW-CONFLICT') {
            return airflow.dagRun(test.dagId, id).catch(() => {
                throw error;
            });
        }
        if (!isNo(error))
            await Promise.all([stop(deps, test), test.repause()]);
        throw error;
    }
}
function follow(deps, test) {
    return watchAirflow(deps, {
        look: () => deps.airflow.dagRun(test.dagId, test.runId),
        judge: ({ state }) => state === 'success' || state === 'failed'
            ? { kind: 'done', result: state }
            : { kind: 'waiting', state: `the run is ${state}` },
        budgetMs: test.timeoutMs,
        timedOut: (state) => new src_errors/* ActionError */.lZ({
            code: 'ASTRO-RUN-TIMEOUT',
            problem: `The smoke test took too long: the run ${test.runId} of the DAG ${test.dagId} did not end within ${test.timeoutMs / 1000} s.`,
            observed: `Last seen: ${(0,src_errors/* asSentence */.KG)(state)}`,
            likelyCause: 'A task waits for something, or no worker took it.',
            fix: 'Look at the run in the Airflow UI. Raise `run-dag-timeout` when it simply takes longer.',
        }),
    });
}
/** The same with what more is known. */
function tookTooLong(error, more) {
    const { code, problem, observed = '', likelyCause, fix } = error;
    return new src_errors/* ActionError */.lZ({ code, problem, observed: [observed, ...more].join('\n'), likelyCause, fix });
}
/** Ends the run as failed, if there is one; says whether it did and, in a sentence, what came of it. */
async function stop({ airflow, log }, { dagId, runId }) {
    try {
        await airflow.stopRun(dagId, runId);
        log.info(`Stopped the run ${runId}.`);
        return { isDone: true, words: 'The run was stopped.' };
    }
    catch (error) {
        if (error instanceof src_errors/* ActionError */.lZ && error.code === 'ASTRO-AIRFLOW-NOT-FOUND') {
            return { isDone: false, words: 'There is no run.' };
        }
        log.warning(`Could not stop the run ${runId} of the DAG ${dagId}: ${(0,src_errors/* describeError */.Uc)(error)}`);
        return { isDone: false, words: 'The run could not be stopped and may go on.' };
    }
}
async function pauseAgain({ airflow, log }, { dagId }) {
    try {
        await airflow.setPaused(dagId, true);
        log.info(`The DAG ${dagId} is paused again.`);
    }
    catch (error) {
        log.warning(`Could not pause the DAG ${dagId} again: ${(0,src_errors/* describeError */.Uc)(error)}\nPause it in the Airflow UI, or it runs by its schedule.`);
    }
}
const NOES = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT-FOUND', 'REFUSED', 'REDIRECTED']);
/** Whether Airflow did not do what it was asked for. Anything else leaves that open. */
function isNo(error) {
    return error instanceof src_errors/* ActionError */.lZ && NOES.has(error.code.replace('ASTRO-AIRFLOW-', ''));
}
function noDag(dagId, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-RUN-NO-DAG',
        problem: `There is no DAG ${dagId} to run.`,
        observed,
        likelyCause: 'The ID has a typing error, or the DAG is not in the code that was deployed.',
        fix: 'Correct `run-dag`: it is the ID of the DAG, not the name of its file.',
    });
}
/** The error of a DAG that is paused and is not to be unpaused. */
function pausedDag(dagId) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-RUN-PAUSED',
        problem: `The DAG ${dagId} is paused, and a run of a paused DAG never starts.`,
        likelyCause: 'New DAGs come up paused unless the Deployment is set otherwise.',
        fix: 'Unpause it in the Airflow UI, or set `run-dag-unpause: true`, which pauses it again afterwards. Unpausing may also start a run by its schedule.',
    });
}

;// CONCATENATED MODULE: ./src/deploy/smoke-test.ts



/**
 * Before anything is written: throws ASTRO-RUN-PAUSED when the DAG that `run-dag` names is one that Airflow has, is paused
 * and is not to be unpaused, so that the smoke test could only fail.
 */
function refusePausedDag({ inputs: { runDag } }, baseline) {
    if (runDag === undefined || runDag.unpause)
        return;
    if (baseline?.dags.some(({ id, isPaused }) => id === runDag.dagId && isPaused))
        throw pausedDag(runDag.dagId);
}
/**
 * Runs the DAG that `run-dag` names, if it names one, on the code that a deploy brought. Throws `ASTRO-RUN-…`. Code that
 * Airflow is not known to have imported (`verify: warn`) is not run: what would run may be the code before.
 */
async function smokeTest(run, live, { deployId, isProved }) {
    const { inputs, session, clock, log, outputs, signal, stage, target, tell } = run;
    const { runDag } = inputs;
    if (runDag === undefined)
        return;
    const { dagId } = runDag;
    if (!isProved) {
        log.warning(`The smoke test was skipped: the DAG ${dagId} was not run, since Airflow is not known to have imported the new code. With \`verify: true\` the step would fail here.`);
        return;
    }
    const runId = `deploy-to-astro__${deployId}`;
    await stage('Smoke test', async () => {
        const airflow = await connectAirflow({ ...run, tokens: session }, live);
        const url = dagRunUrl(live.uiUrl, airflow.major, dagId, runId);
        await runSmokeTest({
            ...{ airflow, clock, log, signal },
            onRun() {
                log.info(`Started the run ${runId} of the DAG ${dagId}.`);
                if (url !== undefined)
                    log.info(url);
                outputs.set({ 'dag-run-id': runId });
                tell({ smokeTest: { dagId, runId, url, state: undefined } });
            },
            onEnd(state) {
                outputs.set({ 'dag-run-state': state });
                tell({ smokeTest: { dagId, runId, url, state } });
            },
        }, { ...runDag, runId, note: `Smoke test of the deploy ${deployId}: ${target.url}` });
    });
}

;// CONCATENATED MODULE: ./src/airflow/traceback.ts

const FRAME = /^[ |+]*File "([^"\n]+)", line (\d+)(?:, in (.+))?$/gm;
/** Neither a frame nor the source that it shows. */
const MARGIN = /^(?:[ |+]*\| )?\S/;
const TRACEBACK = 'Traceback (most recent call last):';
/**
 * Reads what Airflow says of a file that does not import: usually a traceback that was cut to its last two frames, so the
 * file's own frame may be missing; sometimes only a sentence. The place is the last frame in a file of ours: the DAG file, or
 * the helper that is at fault. Of chained exceptions the last one counts, unless nothing of ours is in it.
 *
 * @param ours our name for a file that Airflow names, if it is one of ours
 */
function locateError(trace, ours) {
    const last = trace.slice(Math.max(0, trace.lastIndexOf(TRACEBACK)));
    const place = lastFrame(last, ours) ?? lastFrame(trace, ours);
    return { path: place?.path, line: place?.line, message: messageOf(last) };
}
function lastFrame(trace, ours) {
    return [...trace.matchAll(FRAME)]
        .flatMap(([, name = '', line = '1']) => {
        const path = ours(name);
        return path === undefined ? [] : [{ path, line: Number(line) }];
    })
        .at(-1);
}
/** The files that a traceback names. */
function framePaths(trace) {
    return [...trace.matchAll(FRAME)].map(([, path = '']) => path);
}
/** The first line at the margin after the last frame: what follows it are notes, unless it leads over to them. */
function messageOf(trace) {
    const [message, next] = sentencesOf(trace);
    if (message === undefined) {
        return (trace
            .split('\n')
            .find((line) => line.trim() !== '')
            ?.trim() ?? 'No reason was given');
    }
    return message.endsWith(':') && next !== undefined ? `${message} ${next}` : message;
}
/** The lines at the margin after the last frame. */
function sentencesOf(trace) {
    const lines = trace.split('\n');
    const lastFrame = lines.findLastIndex((line) => /^[ |+]*File "/.test(line));
    return lines
        .slice(lastFrame + 1)
        .filter((line) => MARGIN.test(line) && !line.startsWith('Traceback'))
        .map((line) => line.trim());
}
/**
 * The line of a DAG file that an error without a frame in it is about. It names the task or the DAG, whose ID stands in the file (of
 * something that is there twice, it is the second), or something else that stands in the file once. Undefined when nothing is
 * named or found.
 */
function findNamed(trace, source) {
    const lines = source.split('\n');
    const linesWith = (pattern) => lines.flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
    // The last exception has the word; those before it led to it.
    const messages = trace
        .split(TRACEBACK)
        .map((part) => sentencesOf(part).join('\n').replaceAll(CHOICES, ''))
        .toReversed();
    for (const message of messages) {
        const again = /already been added|duplicate/i.test(message);
        for (const name of definedNames(message)) {
            const found = linesWith(new RegExp(`["']${traceback_escape(name)}["']|^\\s*def ${traceback_escape(name)}\\s*\\(`));
            const line = (again ? found[1] : undefined) ?? found[0];
            if (line !== undefined)
                return line;
        }
    }
    for (const name of messages.flatMap(mentionedNames)) {
        const [line, ...others] = linesWith(new RegExp(`(?<![\\w.-])${traceback_escape(name)}(?![\\w-])`));
        if (line !== undefined && others.length === 0)
            return line;
    }
    return undefined;
}
/** What else there is to choose from says nothing of what was chosen. */
const CHOICES = /one of [[{(][^\]]*[\]})]/g;
/** Names of tasks and DAGs, which are where they are defined. */
function definedNames(message) {
    return [
        /Faulty task: ([\w-]+(?:\.[\w-]+)*)/.exec(message)?.[1],
        /(?:Task|Task group|DAG|Dag) (?:id )?'([\w.-]+)'/.exec(message)?.[1],
        /(?:in|Ignoring) (?:DAG|Dag):? ([\w-]+(?:\.[\w-]+)*)/.exec(message)?.[1],
    ].filter((name) => name !== undefined);
}
/** Whatever is quoted, or is a name by its form or its place. */
function mentionedNames(message) {
    const patterns = [
        /(?:'([^'\n]+)'|"([^"\n]+)"|`([^`\n]+)`)/g,
        /\b(?:[Vv]ariable|[Cc]onnection|[Pp]ool) ([\w.-]+)/g,
        /\b(?:task_id|dag_id)[:=] ?([\w.-]+)/g,
        /(?:^|: )(\S+) is not a valid/gm,
        /\b(\w+_\w+)\b/g,
    ];
    return patterns.flatMap((pattern) => [...message.matchAll(pattern)].map(([, ...groups]) => groups.join('')));
}
const traceback_escape = (name) => name.replaceAll(/[^\w\s]/g, '\\$&');
/**
 * What is wrong, as far as a trace says it: the exceptions, and the lines of ours on the way. Such lines move, and what the libraries
 * are like is their own business. An import that takes too long is cut off wherever it happens to be.
 */
function essenceOf(trace) {
    if (trace.includes('AirflowTaskTimeout'))
        return withoutParticulars(messageOf(trace));
    let isOurs = true;
    const kept = trace.split('\n').filter((line) => {
        const [, path] = /^[ |+]*File "([^"\n]+)"/.exec(line) ?? [];
        if (path !== undefined)
            isOurs = !isLibrary(path);
        else if (MARGIN.test(line))
            isOurs = true;
        return isOurs && !/^[\s|+^~]*$/.test(line);
    });
    return withoutParticulars(kept.map((line) => line.trim()).join('\n'));
}
/** Words of an error without what differs from one parse to the next. */
function withoutParticulars(message) {
    return message
        .replace(/(?:\/[^\s/'"]+)+\//g, '')
        .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, 'ID')
        .replace(/unusual_prefix_[0-9a-f]+_/g, '')
        .replace(/0x[0-9a-f]+/gi, '0x')
        .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?/g, 'TIME')
        .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, 'ID')
        .replace(/\d+(?:\.\d+)?s\b/g, 's')
        .replace(/PID: \d+/g, 'PID')
        .replace(/\bline \d+(?:, column \d+)?/g, 'line')
        .replace(/\{([^{}]*)\}/g, (_, items) => `{${items.split(/,\s*/).toSorted().join(', ')}}`);
}

;// CONCATENATED MODULE: ./src/airflow/baseline.ts


const EMPTY_BASELINE = { dags: [], errors: [] };
async function readBaseline(airflow) {
    const [dags, errors] = await Promise.all([airflow.dags(), airflow.importErrors()]);
    return { dags: dags.items, errors: errors.items };
}
const ABANDONED_MS = 3_600_000;
/** Whether a DAG is still parsed, unlike what a DAG bundle left behind that was taken away: those stay active for ever. */
function isKept(dags) {
    const newest = dags.reduce((latest, { parsedAt = 0 }) => Math.max(latest, parsedAt), 0);
    return ({ isActive, parsedAt = 0 }) => isActive && parsedAt >= newest - ABANDONED_MS;
}
/**
 * What code promises whose files nobody here knows: that the files of these DAGs are parsed again, and those that did not
 * import.
 */
function promisedByAirflow({ dags, errors }) {
    const imported = dags.filter(isKept(dags)).flatMap(({ file }) => file ?? []);
    const names = [...imported, ...errors.map(({ file }) => file)];
    const paths = new Set(names.map(nameFiles(names, new Set())));
    const promise = { kind: 'possible', ids: [] };
    return { files: [...paths].map((path) => ({ path, promise, fingerprint: undefined })), all: paths };
}
/** Whether the same file failed in the same way before. */
function isOld(error, before) {
    const essence = essenceOf(error.trace);
    return before.some((one) => one.file === error.file && essenceOf(one.trace) === essence);
}

;// CONCATENATED MODULE: ./src/airflow/health.ts
/** Airflow itself calls a component unhealthy after 30 s without a heartbeat. */
const OLD_HEARTBEAT_MS = 60_000;
const health_NAMES = {
    dag_processor: 'DAG processor',
    scheduler: 'scheduler',
    metadatabase: 'metadata database',
};
/**
 * Whether the component that parses DAG files works: the DAG processor; in Airflow 2 the scheduler, unless a DAG processor runs
 * beside it. Undefined when Airflow does not say.
 */
function judgeParser(major, { components, serverTime }) {
    const find = (name) => components.find(({ component }) => component === name);
    const database = find('metadatabase');
    if (database?.status !== undefined && database.status !== 'healthy')
        return described(database, serverTime);
    const processor = find('dag_processor');
    const parser = major === 3 || processor?.status !== undefined ? processor : find('scheduler');
    return parser && described(parser, serverTime);
}
function described({ component, status, heartbeatAt }, serverTime) {
    const name = health_NAMES[component] ?? component;
    const ageMs = heartbeatAt === undefined || serverTime === undefined ? undefined : serverTime - heartbeatAt;
    const heartbeat = ageMs === undefined ? '' : `; its last heartbeat was ${age(ageMs)} ago`;
    if (status === undefined) {
        return { component: name, isDown: true, words: `Airflow knows of no ${name}: none has started.` };
    }
    if (status !== 'healthy') {
        return {
            component: name,
            isDown: true,
            words: `The ${name} is down: Airflow calls it ${status}${heartbeat}.`,
        };
    }
    if (ageMs !== undefined && ageMs > OLD_HEARTBEAT_MS) {
        return { component: name, isDown: true, words: `The ${name} seems to be down${heartbeat}.` };
    }
    return { component: name, isDown: false, words: `The ${name} runs${heartbeat}.` };
}
function age(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

// EXTERNAL MODULE: external "node:path/posix"
var posix_ = __webpack_require__(1535);
;// CONCATENATED MODULE: ./src/airflow/missing-module.ts

/** A traceback through a file of a DAG bundle on Astro (section 12.1 of the control plane's contract). */
const missing_module_IN_BUNDLE = /\/dag_bundles\/[^"\n]*\/dags\//;
/** What Python takes for a part of a module's name. */
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;
/**
 * Cause and cure of a module that Airflow 3 does not find although it lies in the DAG folder: only the root of the DAG bundle
 * is on Python's path, and the DAG folder is `dags/` in it. Undefined for any other error.
 *
 * @param error.file the file that imports it, below the DAG folder
 * @param dagFiles all files of the folder
 */
function explainMissingModule(error, dagFiles) {
    const [, module] = /^ModuleNotFoundError: No module named '([\p{L}\p{N}_.]+)'/u.exec(error.message) ?? [];
    if (module === undefined || !missing_module_IN_BUNDLE.test(error.trace))
        return undefined;
    const place = module.replaceAll('.', '/');
    const found = ['', posix_.dirname(error.file)]
        .map((folder) => posix_.join(folder, place))
        .find((base) => isModule(base, dagFiles));
    if (found === undefined)
        return undefined;
    if (!found.split('/').every((name) => IDENTIFIER.test(name)))
        return undefined;
    const right = `dags.${found.replaceAll('/', '.')}`;
    return `The module lies in the DAG folder, which Airflow 3 on Astro does not have on Python's path: write \`from ${right} import …\` or \`import ${right}\`.`;
}
function isModule(base, files) {
    return (files.has(`${base}.py`) || [...files].some((file) => file.startsWith(`${base}/`) && file.endsWith('.py')));
}

;// CONCATENATED MODULE: ./src/airflow/report.ts



/** @param hasBaseline whether it is known what Airflow showed before; otherwise every error is a new one */
function reportOn(observed, repository, hasBaseline) {
    const { judgement, errors, before } = observed;
    const silent = judgement.outstanding.filter((path) => !judgement.failed.has(path));
    const stale = errors.filter(({ file }) => !judgement.failed.has(file) && !silent.includes(file) && wasBroken(file, before.errors));
    const current = [...judgement.failed.values()];
    const old = current.filter((error) => hasBaseline && isOld(error, before.errors));
    const fresh = current.filter((error) => !old.includes(error));
    const rowsOf = (duplicates) => duplicates.flatMap(({ dagId, files }) => files.map((file) => duplicateRow(dagId, file, files, repository)));
    const row = (error) => errorRow(error, observed, repository);
    return {
        newErrors: [...fresh.map(row), ...rowsOf(judgement.duplicates)].toSorted(byPlace),
        oldErrors: [...old, ...stale].map(row).toSorted(byPlace),
        oldDuplicates: rowsOf(judgement.oldDuplicates).toSorted(byPlace),
        silent: silent.map((path) => inRepository(path, repository)),
        unclear: judgement.unclear.map((path) => inRepository(path, repository)),
        ...(hasBaseline ? compareDags(observed) : { appeared: [], disappeared: [] }),
        isComplete: judgement.isComplete,
    };
}
const wasBroken = (file, before) => before.some((error) => error.file === file);
const byPlace = (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
function errorRow(error, { name }, repository) {
    const ours = (path) => {
        const below = name(path);
        if (repository.dagFiles.has(below))
            return inRepository(below, repository);
        return repository.projectFile(path);
    };
    const place = locateError(error.trace, ours);
    const isOurs = repository.dagFiles.has(error.file);
    const dagFile = isOurs ? inRepository(error.file, repository) : error.file;
    if (error.trace.startsWith('REDACTED')) {
        return {
            file: dagFile,
            line: undefined,
            isOurs,
            message: 'Airflow does not show the reason to this token.',
        };
    }
    if (place.path === undefined) {
        const source = isOurs ? repository.read(error.file) : undefined;
        const line = source === undefined ? undefined : (findNamed(error.trace, source) ?? 1);
        return { file: dagFile, line, isOurs, message: place.message };
    }
    const from = place.path === dagFile ? '' : ` (so ${dagFile} does not import)`;
    const importing = name(framePaths(error.trace).findLast((frame) => ours(frame) === place.path) ?? '');
    const missing = { message: place.message, trace: error.trace, file: importing };
    const why = explainMissingModule(missing, repository.dagFiles);
    const message = [`${place.message}${from}`, why].filter((part) => part !== undefined).join('. ');
    return { file: place.path, line: place.line, isOurs: true, message };
}
function duplicateRow(dagId, file, files, repository) {
    const others = files.filter((other) => other !== file).map((other) => inRepository(other, repository));
    const source = repository.read(file);
    return {
        file: inRepository(file, repository),
        line: source === undefined ? undefined : (findNamed(`DAG '${dagId}'`, source) ?? 1),
        isOurs: true,
        message: `The DAG ID ${dagId} is used in ${others.join(', ')} as well: Airflow runs whichever it parsed last.`,
    };
}
function inRepository(path, { dagFolder }) {
    return dagFolder === '' ? path : `${dagFolder}/${path}`;
}
/**
 * A DAG whose file was parsed without it, or is no longer there, is gone, though Airflow retires it only minutes later. Files
 * that are not in the folder may come from elsewhere: what is parsed from them stays.
 */
function compareDags({ dags, before, judgement, folder, }) {
    const { owners, rounds, imported } = judgement.memory;
    const isLeftBehind = ({ id, file = '' }) => {
        if (owners.has(id))
            return false;
        const parses = rounds.parses.get(file)?.get(id);
        if (!folder.has(file))
            return parses === undefined;
        // The last parse of the former code may have ended after the rollout.
        return imported.has(file) && (parses?.ofNewCode ?? 0) === 0;
    };
    const now = new Set(dags.filter((dag) => dag.isActive && !isLeftBehind(dag)).map(({ id }) => id));
    const then = new Set(before.dags.filter(({ isActive }) => isActive).map(({ id }) => id));
    const gone = before.dags
        .filter(isKept(before.dags))
        .filter(({ id, file = '' }) => !now.has(id) && !judgement.failed.has(file));
    return {
        appeared: [...now].filter((id) => !then.has(id)).toSorted(),
        disappeared: gone.map(({ id }) => id).toSorted(),
    };
}

;// CONCATENATED MODULE: ./src/airflow/rounds.ts
const NO_ROUNDS = { parses: new Map(), failures: new Map() };
/**
 * Two rounds of parsing at the default interval of 30 s, for a file that nothing else vouches for; and twice the time in which
 * Airflow on Astro finds new files.
 */
const QUIET_MS = 60_000;
/** The server's `Date` is in whole seconds and may be a second old; a parse that began this much later began after it. */
const CLOCK_MARGIN_MS = 2_000;
/**
 * For so long after the former code, Airflow 2 leaves it open what a parse read: an import may take as long, and it does not say how
 * long one took; and it does not serialize a DAG again sooner, so that what is wrong with a changed one may not show.
 */
const UNTOLD_MS = 30_000;
/**
 * A file that was there before may be as it was, while what it imports is still the former: then the parse must have begun after
 * the new code came by any clock.
 *
 * @param since by Airflow's clock: when the new code was known to be there
 * @param wasSerialized what was parsed is a DAG that Airflow may have had before
 */
function boundsOf({ major, arrival, before }, file, since, wasSerialized) {
    const isNew = before.files?.has(file) === false;
    const mayDiffer = arrival !== 'dags' || before.changed?.has(file) === true;
    const isOpen = major === 2 && wasSerialized && mayDiffer;
    const late = since + CLOCK_MARGIN_MS;
    return {
        began: isNew ? since : late,
        ended: isNew && !isOpen ? late : late + UNTOLD_MS,
        isSecondEnough: !isOpen,
    };
}
/**
 * What one more look adds.
 *
 * @param failuresSince when the new code was known to be there, or when Airflow came to have its version
 */
function countRounds(terms, failuresSince, known, look) {
    const { since, before } = terms;
    const former = before.files && new Set(before.dags.map(({ id }) => id));
    const parses = new Map([...known.parses].map(([file, dags]) => [file, new Map(dags)]));
    const failures = new Map(known.failures);
    for (const { id, file, parsedAt, parseMs } of look.dags) {
        if (file === undefined || parsedAt === undefined || parsedAt <= since)
            continue;
        const ofFile = parses.get(file) ?? new Map();
        const bounds = boundsOf(terms, file, since, former?.has(id) !== false);
        parses.set(file, ofFile.set(id, withParse(ofFile.get(id), parsedAt, parseMs, bounds)));
    }
    for (const { file, failedAt } of look.errors) {
        if (failedAt <= failuresSince)
            continue;
        const bounds = boundsOf(terms, file, failuresSince, false);
        failures.set(file, withParse(failures.get(file), failedAt, undefined, bounds));
    }
    return { parses, failures };
}
function withParse(known = { last: 0, seen: 0, ofNewCode: 0 }, endedAt, parseMs, { began, ended, isSecondEnough }) {
    if (endedAt <= known.last)
        return known;
    const isOfNewCode = parseMs === undefined
        ? endedAt > ended || (isSecondEnough && known.last > began)
        : endedAt - parseMs > began;
    return { last: endedAt, seen: known.seen + 1, ofNewCode: known.ofNewCode + (isOfNewCode ? 1 : 0) };
}
/**
 * Airflow takes files in turn, so whoever was not yet taken when all others were twice leaves no trace. The last parse of a file
 * that the new code does not hold may have ended after the rollout.
 *
 * @param asked how often Airflow was asked to parse a file out of turn, which says nothing of the others
 */
function everyoneTwice(rounds, asked) {
    const files = new Set([...rounds.parses.keys(), ...rounds.failures.keys()]);
    const taken = [...files].filter((file) => timesTaken(rounds, file) > 0);
    return taken.length > 0 && taken.every((file) => timesTaken(rounds, file) - (asked.get(file) ?? 0) > 1);
}
/** Whether anything of the new code was parsed at all. */
function isAnyTaken(rounds) {
    return [...rounds.parses.keys(), ...rounds.failures.keys()].some((file) => timesTaken(rounds, file) > 0);
}
/** How often the new code's text of a file was parsed, as far as that is sure. */
function timesTaken({ parses, failures }, file) {
    const all = [...(parses.get(file)?.values() ?? []), failures.get(file)];
    return Math.max(0, ...all.map((one) => one?.ofNewCode ?? 0));
}

;// CONCATENATED MODULE: ./src/airflow/evidence.ts

/**
 * Whether a DAG's bundle version is that of the new code; undefined when versions do not tell. It need not be ours word for word:
 * nobody knows how Airflow on Astro names versions.
 */
function isNewVersion({ dagVersion, before }, { bundleVersion }) {
    if (bundleVersion === undefined || dagVersion === undefined)
        return undefined;
    if (bundleVersion === dagVersion)
        return true;
    if (before.versions.known.has(bundleVersion))
        return false;
    return before.versions.areAll ? true : undefined;
}
/**
 * The versions of before. What comes back by a rollback may have been there before, by any name: then only versions of DAGs that
 * were active are former ones, and those only when Airflow has other names for them than Astro, for otherwise they are those of
 * other DAG bundles.
 *
 * @param by.astro of every other deploy
 * @param by.airflow the DAGs from before, as far as they are known
 */
function formerVersions({ arrival, dagVersion }, by) {
    if (arrival !== 'rollback') {
        const known = new Set([...by.astro, ...versionsOf(by.airflow)]);
        return { known, areAll: known.size > 0 };
    }
    const active = versionsOf(by.airflow.filter(({ isActive }) => isActive));
    const areByAstro = active.some((version) => version === dagVersion || by.astro.includes(version));
    const areAll = active.length > 0 && !areByAstro;
    return { known: new Set(areAll ? active : by.astro), areAll };
}
function versionsOf(dags) {
    return dags.flatMap(({ bundleVersion }) => bundleVersion ?? []);
}
/** Adds what one more look shows. What an image or a rollback brings may have been parsed before, with the same version. */
function rememberStamps(terms, known, dags) {
    const next = new Map(known);
    for (const dag of dags) {
        const { id, isActive, parsedAt, bundleVersion: version, file } = dag;
        if (!isActive || parsedAt === undefined || version === undefined || file === undefined)
            continue;
        if (isNewVersion(terms, dag) !== true || (terms.arrival !== 'dags' && parsedAt <= terms.since))
            continue;
        const last = next.get(id);
        const { firstAt, lastAt, seen } = last?.version === version ? last : { firstAt: parsedAt, lastAt: -Infinity, seen: 0 };
        if (parsedAt > lastAt)
            next.set(id, { version, file, firstAt, lastAt: parsedAt, seen: seen + 1 });
    }
    return next;
}
/** When Airflow surely had our own version, by its clock; undefined as long as it shows none. */
function versionCame({ dagVersion }, stamped) {
    return dagVersion === undefined ? undefined : firstTimes(stamped).get(dagVersion);
}
/**
 * Like `everyoneTwice`, where versions tell: between two parses with our version, all other files were taken once.
 *
 * @param asked how often Airflow was asked to parse a file out of turn
 */
function everyoneStampedTwice({ dagVersion }, stamped, asked) {
    const ours = [...stamped.values()].filter(({ version }) => version === dagVersion);
    return ours.length > 0 && ours.every(({ seen, file }) => seen - (asked.get(file) ?? 0) > 1);
}
/** When the first parse with each version ended. */
function firstTimes(stamped) {
    const times = new Map();
    for (const { version, firstAt } of stamped.values())
        times.set(version, Math.min(firstAt, times.get(version) ?? Infinity));
    return times;
}
/**
 * Airflow stamps a parse with the version that it has when it collects the result: one that was under way as the version came is
 * of the former text. A parse that began after another one was stamped is not (but for a second DAG processor, which may be some
 * seconds behind), nor is the second one of a DAG, nor one of a file that was not there before.
 */
function isStampTrue({ terms: { before }, stamped, versionTimes }, dag) {
    const { id, file = '', parsedAt = 0, parseMs, bundleVersion = '' } = dag;
    if (before.files?.has(file) === false)
        return true;
    const own = stamped.get(id);
    if (own === undefined)
        return false;
    if (parseMs === undefined)
        return parsedAt > own.firstAt;
    return parsedAt - parseMs >= (versionTimes.get(bundleVersion) ?? Infinity);
}
/** Adds what one more look shows. */
function rememberTexts({ late, cameAt }, rounds, { dags, sources }) {
    const ended = dags.flatMap(({ file = '', parsedAt }) => late.has(file) && sources.get(file) === 'same' && parsedAt !== undefined ? [parsedAt] : []);
    if (ended.length > 0)
        return { late: new Set(), cameAt: ended.reduce((a, b) => Math.min(a, b)) };
    const different = [...sources].flatMap(([file, verdict]) => verdict === 'different' && timesTaken(rounds, file) > 0 ? [file] : []);
    return { late: new Set([...late, ...different]), cameAt };
}
/** The DAGs of a look that surely came of the new code: by the version, else by the text, else by the time of the parse. */
function fromNewCode(evidence) {
    const known = { ...evidence, versionTimes: firstTimes(evidence.stamped) };
    return evidence.look.dags.filter((dag) => {
        const { isActive, parsedAt, file } = dag;
        if (!isActive || parsedAt === undefined || file === undefined)
            return false;
        const parses = evidence.rounds.parses.get(file)?.get(dag.id);
        const parsed = {
            ...{ dag, file, parsedAt },
            isReadAnew: (parses?.ofNewCode ?? 0) > 0,
            parsesSeen: parses?.seen ?? 0,
        };
        return byVersion(known, parsed) ?? byText(evidence, parsed) ?? byTime(evidence, parsed);
    });
}
/** Our own version says it alone, unless what came may have been parsed with that version long ago. */
function byVersion(evidence, { dag, isReadAnew }) {
    const { arrival, dagVersion } = evidence.terms;
    const isNew = isNewVersion(evidence.terms, dag);
    if (isNew === undefined)
        return undefined;
    const isOurs = dag.bundleVersion === dagVersion && arrival === 'dags';
    return isNew && isStampTrue(evidence, dag) && (isOurs || isReadAnew);
}
/** Airflow's copy of the text says that the code has come, but nothing of what the file imports: the parse must be one of it too. */
function byText({ terms: { major, since }, look }, { file, parsedAt, isReadAnew, parsesSeen }) {
    const verdict = look.sources.get(file);
    if (verdict === undefined)
        return undefined;
    if (verdict === 'same')
        return isReadAnew;
    // Airflow 2 keeps its copy when the file's time is older than the copy, as after a rollback; parse times must do.
    return major === 2 && isReadAnew && parsedAt > since + QUIET_MS && parsesSeen > 1;
}
/** A file that was there before may be as it was: then the parse must have begun after the new code came by any clock. */
function byTime({ terms: { since, before } }, { dag, file, parsedAt, isReadAnew }) {
    const isNewFile = before.files?.has(file) === false;
    return isReadAnew && (isNewFile || parsedAt - (dag.parseMs ?? 0) > since + CLOCK_MARGIN_MS);
}

;// CONCATENATED MODULE: ./src/airflow/glance.ts

/** More DAGs than Airflow shows on one page. */
const MANY_DAGS = 100;
/** The longest time between two looks at everything. */
const glance_LONGEST_MS = 60_000;
/**
 * Finds out with one request whether another look at everything, which takes one for each hundred DAGs, can show more than the last
 * one. Asks in turn for the import errors and for one DAG: Airflow takes files in turn, so that one of those that are waited for
 * which was parsed last is parsed last again.
 *
 * @param named an error of Airflow's by the names of files that the picture has
 */
function createGlance(airflow, files, named) {
    let turn = 0;
    return async (picture, ageMs) => {
        if (ageMs >= glance_LONGEST_MS)
            return true;
        turn += 1;
        const witness = findWitness(picture, files);
        if (witness !== undefined && turn % 2 === 1) {
            return (await parsedAt(airflow, witness)) !== picture.dags.find(({ id }) => id === witness)?.parsedAt;
        }
        const awaited = new Set(picture.outstanding);
        const now = (await airflow.importErrors()).items.map(named);
        return glance_describe(now, awaited) !== glance_describe(picture.errors, awaited);
    };
}
function findWitness({ dags, outstanding }, files) {
    const awaited = new Set(outstanding);
    const shown = dags.filter(({ file, isActive }) => isActive && file !== undefined && awaited.has(file));
    if (shown.length > 0)
        return shown.reduce((a, b) => ((a.parsedAt ?? 0) >= (b.parsedAt ?? 0) ? a : b)).id;
    return files.find(({ path }) => awaited.has(path))?.promise.ids[0]?.id;
}
async function parsedAt(airflow, id) {
    try {
        return (await airflow.dag(id)).dag.parsedAt;
    }
    catch (error) {
        if (error instanceof src_errors/* ActionError */.lZ && error.code === 'ASTRO-AIRFLOW-NOT-FOUND')
            return undefined;
        throw error;
    }
}
/** Errors that were there all the time come again with each parse; only of a file that is waited for does that say something. */
function glance_describe(errors, awaited) {
    return JSON.stringify(errors.map(({ file, failedAt, trace }) => [file, trace, awaited.has(file) ? failedAt : 0]).toSorted());
}

;// CONCATENATED MODULE: ./src/airflow/duplicates.ts
/**
 * One ID in two files is no error in Airflow: it shows the DAG of whichever file it parsed last. That is seen when a DAG
 * changes its file, or when a file that promises DAGs has none because others have them all.
 *
 * @param promised the files of the new code; files of other DAG bundles are none of its business
 */
function findDuplicates(promised, { owners, imported, }, failed) {
    const byId = new Map();
    const files = promised === 'unknown' ? [] : promised;
    const own = new Set(files.map(({ path }) => path));
    for (const [dagId, seen] of owners) {
        const here = [...seen].filter((file) => promised === 'unknown' || own.has(file));
        if (here.length > 1)
            byId.set(dagId, new Set(here));
    }
    for (const { path, promise } of files) {
        const isSilent = !imported.has(path) && !failed.has(path);
        if (promise.kind !== 'promised' || !isSilent || promise.ids.length === 0)
            continue;
        const others = promise.ids.map(({ id }) => [...(owners.get(id) ?? [])].filter((file) => file !== path));
        if (!others.every((found) => found.length > 0))
            continue;
        promise.ids.forEach(({ id }, index) => byId.set(id, new Set([...(others[index] ?? []), path])));
    }
    return [...byId].map(([dagId, found]) => ({ dagId, files: [...found].toSorted() }));
}

;// CONCATENATED MODULE: ./src/airflow/judge.ts



const judge_NOTHING_SEEN = {
    rounds: NO_ROUNDS,
    stamped: new Map(),
    texts: { late: new Set(), cameAt: undefined },
    owners: new Map(),
    imported: new Set(),
};
/**
 * What one more look at Airflow adds; docs/how-verification-works.md has the rules as a table. A file that neither brings a DAG nor
 * an error leaves no trace at all in Airflow: one that promises none is settled when the others have been parsed twice, since Airflow
 * takes them in turn. After a rollback, files that come back may be found a while later.
 */
function judge(given, memory, look) {
    const since = Math.max(given.since, memory.texts.cameAt ?? given.since);
    const terms = { ...given, since };
    const stamped = rememberStamps(terms, memory.stamped, look.dags);
    // Airflow may come to have the version a while after the rollout: what failed before is of the former code.
    const cameAt = versionCame(terms, stamped);
    const newFrom = Math.max(since, cameAt ?? since);
    const isJustCome = cameAt !== undefined && versionCame(terms, memory.stamped) === undefined;
    const known = isJustCome ? { ...memory.rounds, failures: NO_ROUNDS.failures } : memory.rounds;
    const rounds = countRounds(terms, newFrom, known, look);
    const texts = rememberTexts(memory.texts, rounds, look);
    if (texts.cameAt !== memory.texts.cameAt)
        return judge(given, { ...judge_NOTHING_SEEN, stamped, texts }, look);
    const isUncharted = terms.arrival === 'rollback';
    const { files, all } = terms.promised;
    const failed = failedFiles(terms, rounds, look);
    const next = { rounds, stamped, texts, ...judge_remember(memory, fromNewCode({ terms, rounds, stamped, look })) };
    const found = findDuplicates(isUncharted ? 'unknown' : files, next, failed);
    const duplicated = new Set(found.flatMap((duplicate) => duplicate.files));
    const failing = new Set(look.errors.filter(({ file }) => all.has(file)).map(({ file }) => file));
    const isSettled = (path) => failed.has(path) || duplicated.has(path) || (next.imported.has(path) && !failing.has(path));
    const expected = new Set(expectedFiles(terms, look));
    const open = new Set([
        ...[...expected].filter((path) => !isSettled(path)),
        ...[...failing].filter((path) => !failed.has(path)),
    ]);
    const isLate = look.serverTime > newFrom + QUIET_MS;
    const hadRounds = cameAt === undefined
        ? everyoneTwice(rounds, look.asked)
        : everyoneStampedTwice(terms, stamped, look.asked);
    const isQuiet = isUncharted ? isLate && isAnyTaken(rounds) : isLate || hadRounds;
    const paths = files.map(({ path }) => path);
    const unclear = isQuiet || isUncharted ? [] : paths.filter((path) => !expected.has(path) && !isSettled(path));
    return {
        memory: next,
        failed,
        duplicates: found.filter((one) => !wasThere(one, terms.before)),
        oldDuplicates: found.filter((one) => wasThere(one, terms.before)),
        outstanding: [...open].toSorted(),
        unclear: unclear.toSorted(),
        isComplete: open.size === 0 && unclear.length === 0 && (isQuiet || !isUncharted),
    };
}
/** Errors of the new code. A parse of the former code may end after the new code came, and must not speak for a file that is mended. */
function failedFiles({ since, before }, { failures }, { errors }) {
    const isOfNewCode = ({ file, failedAt }) => failedAt > since && (!before.broken.has(file) || (failures.get(file)?.ofNewCode ?? 0) > 0);
    return new Map(errors.filter(isOfNewCode).map((error) => [error.file, error]));
}
/**
 * Files that leave a trace in Airflow, whatever becomes of them: those that promise a DAG, and those that had one, unless Airflow has
 * retired it, or finds it elsewhere.
 */
function expectedFiles({ promised, before, since }, { dags, errors }) {
    const had = new Set(filesOf(before.dags));
    const shown = new Set(filesOf(dags));
    for (const { file, failedAt } of errors)
        if (failedAt <= since)
            shown.add(file);
    return promised.files.flatMap(({ path, promise }) => promise.kind === 'promised' || (had.has(path) && shown.has(path)) ? [path] : []);
}
function judge_remember(memory, fresh) {
    const owners = new Map([...memory.owners].map(([id, files]) => [id, new Set(files)]));
    for (const { id, file } of fresh) {
        if (file !== undefined)
            owners.set(id, (owners.get(id) ?? new Set()).add(file));
    }
    const imported = new Set([...memory.imported, ...fresh.flatMap(({ file }) => file ?? [])]);
    return { owners, imported };
}
const wasThere = ({ dagId, files }, { shared }) => files.every((file) => shared?.get(dagId)?.has(file) === true);
const filesOf = (dags) => dags.flatMap(({ file, isActive }) => (isActive && file !== undefined ? [file] : []));

;// CONCATENATED MODULE: ./src/airflow/reparse.ts

/** A wish is lost on a file that is being parsed, and in Airflow 2 a file counts when it was parsed twice. */
const MOST_A_FILE = 5;
/** With more files, a round of parsing takes long anyway. */
const reparse_MOST_FILES = 100;
const AT_ONCE = 4;
const WISHED_ALREADY = 'ASTRO-AIRFLOW-CONFLICT';
/**
 * A file that has not changed is parsed again half a minute after the last time, and Airflow 2 does not say how long a parse took,
 * so that only a second one surely read the new code. Since 2.10 Airflow can be asked to parse a file next (section c of its
 * contract), by whoever may edit the DAG. It is only a matter of time, so whatever Airflow answers is no failure: it is then not
 * asked again.
 */
function createReparser({ airflow, signal, }) {
    const asked = new Map();
    /** When the last parse ended that Airflow showed as it was asked. */
    const askedAfter = new Map();
    let isRefused = false;
    async function askFor({ file, dag }) {
        if (isRefused)
            return;
        const times = asked.get(file) ?? 0;
        asked.set(file, times + 1);
        try {
            await airflow.parseNext(dag);
        }
        catch (error) {
            if (!(error instanceof src_errors/* ActionError */.lZ) || signal?.aborted)
                throw error;
            if (error.code === WISHED_ALREADY)
                return;
            isRefused = true;
            asked.set(file, times);
        }
    }
    return {
        asked,
        async ask(files, { dags, errors }) {
            if (isRefused || files.length > reparse_MOST_FILES)
                return;
            const dagsOf = Map.groupBy(dags, ({ file }) => file);
            const failedAt = new Map(errors.map((error) => [error.file, error.failedAt]));
            const due = [];
            for (const file of files) {
                const its = dagsOf.get(file) ?? [];
                const dag = its.find(({ isActive }) => isActive) ?? its[0];
                if (dag?.fileToken === undefined || /\.zip(\/|$)/.test(file))
                    continue;
                const parsedAt = Math.max(failedAt.get(file) ?? 0, ...its.map((one) => one.parsedAt ?? 0));
                if (askedAfter.get(file) === parsedAt || (asked.get(file) ?? 0) >= MOST_A_FILE)
                    continue;
                askedAfter.set(file, parsedAt);
                due.push({ file, dag });
            }
            while (due.length > 0)
                await Promise.all(due.splice(0, AT_ONCE).map(askFor));
        },
    };
}

;// CONCATENATED MODULE: ./src/airflow/sources.ts



const sources_AT_ONCE = 4;
/** They tell for all others whether the new code has come. */
const sources_MOST_FILES = 10;
/** Compares Airflow's copies of some files with ours, each once a parse; stops asking when Airflow refuses. */
function createSourceReader(airflow, promised) {
    const fingerprints = new Map(promised?.files.map((file) => [file.path, file.fingerprint]));
    const known = new Map();
    let isRefused = false;
    async function compare(dag) {
        const { file = '', parsedAt = 0 } = dag;
        if (isRefused)
            return;
        try {
            const same = (0,dag_promise/* fingerprint */.R)(await airflow.dagSource(dag)) === fingerprints.get(file);
            known.set(file, { parsedAt, verdict: same ? 'same' : 'different' });
        }
        catch (error) {
            if (!(error instanceof src_errors/* ActionError */.lZ) || isDown(error))
                throw error;
            isRefused = error.code === 'ASTRO-AIRFLOW-FORBIDDEN';
        }
    }
    return async (dags) => {
        const due = new Map();
        for (const dag of dags) {
            const { file, parsedAt = 0 } = dag;
            if (file === undefined || fingerprints.get(file) === undefined)
                continue;
            const last = known.get(file);
            if (last?.verdict === 'same' || (last && last.parsedAt >= parsedAt))
                continue;
            if (last || due.has(file) || known.size + due.size < sources_MOST_FILES)
                due.set(file, dag);
        }
        const waiting = [...due.values()];
        while (waiting.length > 0 && !isRefused)
            await Promise.all(waiting.splice(0, sources_AT_ONCE).map(compare));
        return new Map([...known].map(([file, { verdict }]) => [file, verdict]));
    };
}

;// CONCATENATED MODULE: ./src/airflow/verify.ts











const TIMEOUT_CODE = 'ASTRO-VERIFY-TIMEOUT';
const verify_PAUSE_MS = 500;
const MINUTE_MS = 60_000;
const LOOK_AGAIN_MS = 600;
const GLANCE_MS = 2_000;
/** After the first error of the new code, how long to wait for the rest of the files, which cannot make it good. */
const AFTER_AN_ERROR_MS = 45_000;
/**
 * Waits until Airflow has parsed the new code, at most `budgetMs`, and says what came of it. An Airflow that is down is
 * waited for. Throws ActionError `ASTRO-AIRFLOW-…` when it cannot be asked, `ASTRO-VERIFY-TIMEOUT` when it was never heard.
 */
async function verify(deps, facts) {
    const { airflow, clock } = deps;
    const { dagVersion, arrival, changed, shared, budgetMs } = facts;
    const isUncharted = arrival === 'rollback';
    const reparser = createReparser(deps);
    let { promised, baseline = EMPTY_BASELINE } = facts;
    let since;
    let firstLookAt;
    let memory = judge_NOTHING_SEEN;
    let observed;
    let observedAt = 0;
    let wasComplete = false;
    let firstErrorAt;
    const sources = createSourceReader(airflow, facts.promised);
    const glance = createGlance(airflow, facts.promised?.files ?? [], (error) => ({
        ...error,
        file: observed?.name(error.file) ?? error.file,
    }));
    async function look() {
        if (observed && isLarge(observed) && !wasComplete) {
            const picture = { ...observed, outstanding: observed.judgement.outstanding };
            if (!(await glance(picture, clock.now() - observedAt)))
                return observed;
        }
        const seen = await lookAtAll();
        observedAt = clock.now();
        return seen;
    }
    async function lookAtAll() {
        const dags = await airflow.dags();
        const errors = await airflow.importErrors();
        firstLookAt ??= clock.now();
        since ??= dags.serverTime ?? newestTime(dags.items, errors.items) ?? firstLookAt;
        const serverTime = errors.serverTime ?? dags.serverTime ?? since + clock.now() - firstLookAt;
        if (promised === undefined) {
            promised = promisedByAirflow({ dags: dags.items, errors: isUncharted ? errors.items : [] });
            baseline = { ...baseline, dags: dags.items };
        }
        const named = withNames(dags.items, errors.items, baseline, promised);
        const before = {
            dags: named.before.dags,
            versions: formerVersions(facts, {
                astro: facts.otherVersions,
                // Without a word from before, the first look is of what came back.
                airflow: isUncharted && !facts.baseline ? [] : named.before.dags,
            }),
            broken: new Set(named.before.errors.map(({ file }) => file)),
            files: facts.baseline && verify_filesOf(named.before),
            changed,
            shared,
        };
        const terms = { major: airflow.major, dagVersion, arrival, promised, before, since };
        const compared = await sources(named.dags.filter((dag) => isTextTelling(terms, dag)));
        const seen = {
            ...{ dags: named.dags, errors: named.errors, serverTime },
            ...{ sources: compared, asked: new Map(reparser.asked) },
        };
        const judgement = judge(terms, memory, seen);
        memory = judgement.memory;
        const files = wanted(judgement, named).filter((file) => serverTime > useful(terms, file));
        await reparser.ask(files, named);
        return { judgement, folder: promised.all, ...named };
    }
    /** Airflow 3 looks for files that came back when it is asked for any. */
    function wanted({ outstanding }, named) {
        // A large one is through with a round as soon as with that many wishes.
        if (isLarge(named))
            return outstanding.filter((file) => changed?.has(file));
        if (!isUncharted || outstanding.length > 0 || reparser.asked.size > 0)
            return outstanding;
        return named.dags
            .flatMap(({ file, isActive }) => (isActive && file !== undefined ? [file] : []))
            .slice(0, 1);
    }
    try {
        return await watchAirflow(deps, {
            look,
            judge(seen) {
                observed = seen;
                const { judgement } = seen;
                const isBroken = hasNewError(seen);
                firstErrorAt = isBroken ? (firstErrorAt ?? clock.now()) : undefined;
                const isHopeless = firstErrorAt !== undefined && clock.now() - firstErrorAt > AFTER_AN_ERROR_MS;
                // Airflow 2 shows that it has parsed a file a moment before it shows the error of that.
                const isSure = judgement.isComplete && (airflow.major === 3 || wasComplete || isBroken);
                wasComplete = judgement.isComplete;
                if (isSure || isHopeless)
                    return { kind: 'done', result: seen };
                return { kind: 'waiting', state: describeWait(judgement) };
            },
            budgetMs,
            interval(elapsedMs, lookMs) {
                if (wasComplete)
                    return LOOK_AGAIN_MS;
                const often = lookInterval(elapsedMs, lookMs);
                return observed && isLarge(observed) ? Math.max(often, GLANCE_MS, elapsedMs / 6) : often;
            },
            timedOut: neverHeard,
        });
    }
    catch (error) {
        if (observed !== undefined && error instanceof src_errors/* ActionError */.lZ && error.code === TIMEOUT_CODE)
            return observed;
        throw error;
    }
}
/** After when a parse of a file can prove something: sooner, it might be one of the former code, or not be serialized. */
function useful({ major, arrival, before, since }, file) {
    const hadDags = before.dags.some((dag) => dag.file === file && dag.isActive);
    const isChanged = arrival !== 'dags' || (before.changed?.has(file) === true && hadDags);
    return since + CLOCK_MARGIN_MS + (major === 2 && isChanged ? UNTOLD_MS : 0);
}
/** More DAGs than Airflow shows on a page: each look at all of them takes several requests. */
const isLarge = ({ dags }) => dags.length > MANY_DAGS;
/** Whether the text of a DAG's file tells whether the new code has come; one that was never there, or is as it was, does not. */
function isTextTelling(terms, dag) {
    const { before, since } = terms;
    const { file = '', parsedAt = 0 } = dag;
    if (before.files?.has(file) === false || before.changed?.has(file) === false)
        return false;
    return parsedAt > since && isNewVersion(terms, dag) === undefined;
}
/** An error that was there before does not fail the deploy, so it must not cut the wait short either. */
function hasNewError({ judgement, before }) {
    const errors = [...judgement.failed.values()];
    return judgement.duplicates.length > 0 || errors.some((error) => !isOld(error, before.errors));
}
/**
 * Time between the starts of two looks: a parse takes a minute or two as a rule, so that it is noticed soon also then. An
 * Airflow that needs long for its answers is left alone as long.
 */
function lookInterval(elapsedMs, lookMs) {
    const often = elapsedMs < MINUTE_MS ? 600 : elapsedMs < 5 * MINUTE_MS ? 1_000 : 3_000;
    return Math.max(often, lookMs + Math.max(verify_PAUSE_MS, lookMs));
}
/** The error of an Airflow that gave no answer at all in time. */
function neverHeard(state) {
    return new src_errors/* ActionError */.lZ({
        code: TIMEOUT_CODE,
        problem: 'Airflow did not say in time whether it imported the code.',
        observed: `Last seen: ${state}`,
        likelyCause: 'Airflow is starting, or its webserver cannot be reached from this runner.',
        fix: 'Look at the Airflow UI of the Deployment. Raise `wait-time` when it simply takes longer.',
    });
}
function describeWait({ outstanding, failed }) {
    const errors = failed.size === 0 ? '' : `; ${failed.size} with an import error`;
    const what = outstanding.length === 0 ? 'one more round of parsing' : `Airflow to parse ${(0,src_errors/* listSome */.XT)(outstanding, 1)}`;
    return `waiting for ${what}${errors}`;
}
function withNames(dags, errors, baseline, promised) {
    const names = [dags, baseline.dags, errors, baseline.errors].flatMap((list) => list.flatMap(({ file }) => file ?? []));
    const frames = [...errors, ...baseline.errors].flatMap(({ trace }) => framePaths(trace));
    const name = nameFiles(names, promised.all, frames);
    const dag = (one) => (one.file === undefined ? one : { ...one, file: name(one.file) });
    const error = (one) => ({ ...one, file: name(one.file) });
    return {
        dags: dags.map(dag),
        errors: errors.map(error),
        before: { dags: baseline.dags.map(dag), errors: baseline.errors.map(error) },
        name,
    };
}
/** What Airflow's clock said last, for an answer without a Date: this machine's clock may be another one. */
function newestTime(dags, errors) {
    const times = [...dags.flatMap(({ parsedAt }) => parsedAt ?? []), ...errors.map(({ failedAt }) => failedAt)];
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
}
function verify_filesOf({ dags, errors }) {
    return new Set([...dags, ...errors].flatMap(({ file }) => file ?? []));
}

;// CONCATENATED MODULE: ./src/deploy/verification-verdict.ts

const MOST_DESCRIBED = 10;
const verification_verdict_MOST_NAMED = 50;
const WORDS = {
    deploy: {
        runs: 'The new code runs',
        imported: 'Airflow has imported the new code.',
        fix: 'Correct the files and deploy again. `rollback-on-failure: true` brings the former code back by itself.',
    },
    rollback: {
        runs: 'The earlier code runs again',
        imported: 'Airflow has imported the earlier code.',
        fix: 'Return to another deploy with `deploy-id`, or correct the files and deploy.',
    },
};
/** Whether the time was over before it was known of each file whether it imports. */
function isLate({ newErrors, isComplete }) {
    return newErrors.length === 0 && !isComplete;
}
/**
 * Shows what Airflow made of the code that is live in the log and beside the code. Throws ASTRO-VERIFY-IMPORT-ERRORS or
 * ASTRO-VERIFY-NOT-PARSED unless it has imported everything.
 *
 * @param parser what was asked about it, when it is late
 */
function conclude({ log, inputs }, cause, report, parser) {
    const { oldErrors, oldDuplicates = [], disappeared } = report;
    const annotate = inputs.verify === 'warn' ? log.warningAt : log.errorAt;
    const shown = report.newErrors.filter(({ isOurs }) => isOurs);
    for (const { file, line, message } of shown)
        annotate({ title: 'DAG import error', file, line }, message);
    const listed = [
        ['Does not import', report.newErrors.map(describeRow)],
        ['Neither imported nor failed in time', report.silent],
        ['May still fail', report.unclear],
        ['Did not import before either', report.oldErrors.map(describeRow)],
        ['As it was before', oldDuplicates.map(describeRow)],
        ['New DAG', report.appeared.slice(0, verification_verdict_MOST_NAMED)],
        ['DAG that is gone', report.disappeared.slice(0, verification_verdict_MOST_NAMED)],
    ];
    for (const [what, lines] of listed)
        for (const line of lines)
            log.info(`${what}: ${line}`);
    if (oldErrors.length > 0) {
        log.notice(`${verification_verdict_count(oldErrors.length, 'DAG file')} did not import before this ${cause} and still ${oldErrors.length === 1 ? 'does' : 'do'} not: ${names(oldErrors.map(({ file }) => file))}`);
    }
    if (oldDuplicates.length > 0) {
        log.notice(`${verification_verdict_count(oldDuplicates.length, 'DAG file')} shared DAG IDs before this ${cause} and still do: ${names(oldDuplicates.map(({ file }) => file))}. Airflow runs whichever it parsed last.`);
    }
    if (disappeared.length > 0) {
        log.warning(`${verification_verdict_count(disappeared.length, 'DAG')} of before ${disappeared.length === 1 ? 'is' : 'are'} gone with this ${cause}: ${names(disappeared)}. Airflow may show them for some minutes.`);
    }
    if (report.newErrors.length > 0)
        throw importErrors(cause, report);
    if (isLate(report))
        throw notParsed(cause, report, parser);
    log.info(WORDS[cause].imported);
}
function importErrors(cause, { newErrors, silent }) {
    const others = newErrors.slice(MOST_DESCRIBED).map(({ file }) => file);
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-VERIFY-IMPORT-ERRORS',
        problem: `${WORDS[cause].runs}, but ${verification_verdict_count(newErrors.length, 'import error')} came with it.`,
        observed: [
            ...newErrors.slice(0, MOST_DESCRIBED).map(describeRow),
            ...(others.length === 0 ? [] : [`Also: ${names(others)}`]),
            ...(silent.length === 0 ? [] : [`Neither imported nor failed so far: ${names(silent)}`]),
        ].join('\n'),
        likelyCause: 'The code is broken, or needs a package, a variable or a connection that this Deployment does not have.',
        fix: WORDS[cause].fix,
    });
}
function notParsed(cause, report, parser) {
    const { silent, unclear } = report;
    const late = silent.length > 0 ? silent : unclear;
    const advice = lateAdvice(cause, report, parser);
    return new src_errors/* ActionError */.lZ({
        ...{ code: 'ASTRO-VERIFY-NOT-PARSED', ...advice, ...(parser?.isDown ? downAdvice(parser) : {}) },
        observed: [(0,src_errors/* listSome */.XT)(late, verification_verdict_MOST_NAMED, '\n'), parser?.words].filter(Boolean).join('\n'),
    });
}
function lateAdvice(cause, { silent, unclear }, parser) {
    if (silent.length > 0) {
        const problem = `Airflow showed neither a DAG nor an import error of ${verification_verdict_count(silent.length, 'file')} in time.`;
        if (cause === 'rollback') {
            return {
                problem,
                likelyCause: 'The files are those of before: Airflow has neither parsed them again nor retired them so far, which takes it some minutes for a file that is gone or has lost its DAGs.',
                fix: 'Look at these files in the Airflow UI. Raise `wait-time` when Airflow simply takes longer.',
            };
        }
        return {
            problem,
            likelyCause: `The import takes so long that Airflow kills it, which leaves no trace; or ${parser ? `the ${parser.component} is busy` : 'the DAG processor is down or busy'}.`,
            fix: 'Look for slow code at the top level of these files, and at the DAG processor in the Airflow UI. Raise `wait-time` when parsing simply takes longer.',
        };
    }
    if (unclear.length > 0) {
        return {
            problem: `The time was over before Airflow had parsed everything twice, so ${verification_verdict_count(unclear.length, 'file')} may still fail.`,
            likelyCause: 'These files need not hold a DAG; they leave a trace in Airflow only when they fail.',
            fix: 'Raise `wait-time`: one more round of parsing, at most a minute, settles it. Files that Airflow is not to look into belong into `.airflowignore`.',
        };
    }
    return {
        problem: 'The time was over before Airflow had parsed enough to say that what came back imports.',
        likelyCause: 'Nobody but Airflow knows the files of the earlier code: it takes a minute, and a parse of some file, to see which fail.',
        fix: 'Raise `wait-time`, or look at the Airflow UI. Code without any DAG is never proved.',
    };
}
function downAdvice({ component }) {
    return {
        likelyCause: `Nothing is parsed as long as the ${component} does not run.`,
        fix: `Look at the ${component} of the Deployment in the Astro UI: its logs say why it stopped.`,
    };
}
function describeRow({ file, line, message }) {
    return `${file}${line === undefined ? '' : `:${line}`}: ${message}`;
}
const names = (all) => (0,src_errors/* listSome */.XT)(all, verification_verdict_MOST_NAMED);
function verification_verdict_count(n, noun) {
    return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

;// CONCATENATED MODULE: ./src/deploy/verification.ts








const HEALTH_MS = 5_000;
const ROLLBACK_BASELINE_MS = 30_000;
/**
 * What Airflow shows before a deploy or a rollback; undefined when it is not asked, or cannot be. An Airflow that refuses the
 * token is an error before anything is written, one that is down is not: the deploy may be what brings it back. A rollback, which
 * somebody may be waiting for, is not kept by an Airflow that gives no sensible answer, nor for long by one that gives none.
 */
async function takeBaseline(run) {
    const { inputs, deployment, session, log, clock } = run;
    if (inputs.verify === 'no' || inputs.waitMs === undefined)
        return undefined;
    if (isFresh(deployment, await run.deploys()))
        return EMPTY_BASELINE;
    const isRollback = inputs.action === 'rollback';
    try {
        const deadline = clock.now() + ROLLBACK_BASELINE_MS;
        const limit = isRollback ? { remainingMs: () => deadline - clock.now() } : {};
        return await readBaseline(await connectAirflow({ ...run, tokens: session, ...limit }, deployment));
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ))
            throw error;
        if (isRollback ? failure_isRefusal(error) : !isDown(error)) {
            handle(run, error);
            return undefined;
        }
        log.warning(`What Airflow showed before could not be read, so each import error will count as a new one. ${error.observed ?? ''}`);
        return undefined;
    }
}
/** Whether nothing was ever deployed. A history may be empty although something was: DAGs have a version then. */
function isFresh(deployment, deploys) {
    const { dagTarballVersion, desiredDagTarballVersion } = deployment;
    return deploys.length === 0 && !dagTarballVersion && !desiredDagTarballVersion;
}
/**
 * Waits until Airflow has imported the code that is live, until the deadline, and reports what came of it. With `verify: true`
 * throws ASTRO-VERIFY-IMPORT-ERRORS, -NOT-PARSED or what kept it from finding out; with `warn` these are warnings. True when
 * Airflow has imported everything.
 */
async function verifyInAirflow(run, live, subject) {
    const { session, clock, log, outputs, tell, inputs } = run;
    if (inputs.verify === 'no')
        return false;
    const remainingMs = () => Math.max(1_000, subject.deadline - clock.now());
    try {
        const airflow = await connectOnceUp({ ...run, tokens: session, remainingMs }, live, neverHeard);
        const { arrival, baseline, changed, shared, dagVersion } = subject;
        const observed = await verify({ airflow, clock, log, signal: run.signal }, {
            ...{ arrival, dagVersion, baseline, changed, shared },
            otherVersions: await otherVersions(run, dagVersion),
            promised: await subject.promised(airflow.major),
            budgetMs: remainingMs(),
        });
        const report = reportOn(observed, await subject.repository(observed.folder), baseline !== undefined);
        const { newErrors, oldErrors, oldDuplicates = [] } = report;
        outputs.set({ 'import-errors': String(newErrors.length + oldErrors.length + oldDuplicates.length) });
        tell({ verification: report });
        conclude(run, arrival === 'rollback' ? 'rollback' : 'deploy', report, isLate(report) ? await askParser(run, live) : undefined);
        return true;
    }
    catch (error) {
        if (!(error instanceof src_errors/* ActionError */.lZ) || error.code.startsWith('ASTRO-CANCELLED'))
            throw error;
        const parser = error.code === 'ASTRO-VERIFY-TIMEOUT' ? await askParser(run, live) : undefined;
        handle(run, parser ? withParser(error, parser) : error);
        return false;
    }
}
/** Of every other deploy: Airflow may still come to parse one that it has not shown yet. */
async function otherVersions({ deploys, deployment }, ours) {
    const { dagTarballVersion, desiredDagTarballVersion } = deployment;
    const all = [
        dagTarballVersion,
        desiredDagTarballVersion,
        ...(await deploys()).map((deploy) => deploy.dagTarballVersion),
    ];
    return all.flatMap((version) => (version === undefined || version === ours ? [] : [version]));
}
/** The error with what Airflow says of the component that parses. */
function withParser(error, { words }) {
    return new src_errors/* ActionError */.lZ({ ...parts(error), observed: [error.observed, words].filter(Boolean).join('\n') });
}
/** Only explains a verdict that stands, so it never fails. */
async function askParser(run, live) {
    try {
        const deps = { ...run, tokens: run.session, remainingMs: () => HEALTH_MS };
        const airflow = await connectAirflow(deps, live);
        return judgeParser(airflow.major, await airflow.health());
    }
    catch {
        return undefined;
    }
}
/** Stops the step, or warns when that is what `verify` asks for. */
function handle({ inputs, log }, error) {
    if (inputs.verify !== 'warn') {
        const isVerdict = error.code === 'ASTRO-VERIFY-IMPORT-ERRORS';
        const fix = isVerdict
            ? error.fix
            : `${error.fix} With \`verify: warn\` this is a warning, and with \`verify: false\` Airflow is not asked.`;
        throw new src_errors/* ActionError */.lZ({ ...parts(error), fix });
    }
    log.warning([error.problem, error.observed, error.likelyCause, `[${error.code}]`].filter(Boolean).join('\n'));
}
function parts(error) {
    const { code, problem, observed, likelyCause, fix, cause } = error;
    return { code, problem, observed, likelyCause, fix, cause };
}

;// CONCATENATED MODULE: ./src/deploy/verify-deploy.ts





/** Waits until Airflow has imported the new code; throws, warns and answers as `verifyInAirflow` does. */
async function verifyDeploy(run, live, facts) {
    const { baseline, former, deadline } = facts;
    return verifyInAirflow(run, live, {
        ...{ ...former, baseline, deadline },
        arrival: facts.plan.ships.image ? 'image' : 'dags',
        dagVersion: facts.expected.dagVersion,
        promised: (major) => promisedBy(run, major, facts),
        repository: (folder) => verify_deploy_describeRepository(run, ownFiles(folder, facts)),
    });
}
/** An image alone leaves the DAGs as they are. */
async function promisedBy(run, major, { plan, baseline, generated }) {
    if (plan.type === 'image-only')
        return baseline && promisedByAirflow({ dags: baseline.dags, errors: [] });
    return (0,promised_dags/* withGenerated */.s)(await (0,promised_dags/* readPromisedDags */.RH)(await run.project().dagFolder, major), generated);
}
/** Files of the repository among those of the DAG folder. What an image brings need not be what is checked out. */
function ownFiles(folder, { plan, generated }) {
    if (plan.type === 'image-only')
        return new Set();
    const others = new Set(generated.map(({ path }) => (0,promised_dags/* belowDags */.Nh)(path)));
    return new Set([...folder].filter((file) => !others.has(file)));
}
async function verify_deploy_describeRepository(run, dagFiles) {
    const project = run.project();
    const projectPath = await project.projectPath;
    const files = dagFiles.size === 0 ? [] : (await project.dagFolder).files;
    const join = (...names) => names.filter((name) => name !== '').join('/');
    const onDisk = external_node_path_.join(run.env.GITHUB_WORKSPACE ?? process.cwd(), run.inputs.rootFolder);
    const absolute = new Map(files.flatMap((file) => file.kind === 'file' ? [[(0,promised_dags/* belowDags */.Nh)(file.path), file.absolutePath]] : []));
    return {
        dagFolder: join(projectPath, run.inputs.dagsPath),
        dagFiles,
        projectFile(name) {
            const inside = /^\/usr\/local\/airflow\/(?!dags\/)(.+)$/.exec(name)?.[1];
            return inside !== undefined && (0,external_node_fs_.existsSync)(external_node_path_.join(onDisk, inside))
                ? join(projectPath, inside)
                : undefined;
        },
        read(file) {
            const place = absolute.get(file);
            return place === undefined ? undefined : (0,external_node_fs_.readFileSync)(place, 'utf8');
        },
    };
}

;// CONCATENATED MODULE: ./src/deploy/deploy.ts















/** `action: deploy`: plan, apply, proof. Throws ActionError; green means that the new code runs. */
async function deploy(run) {
    const { inputs, deployment, target, log, progress, stage, tell } = run;
    refuseUndeployable(deployment, run.session.kind);
    const { plan, variables } = await stage('Plan', async () => ({
        plan: await makePlan(run),
        variables: await planVariables(run),
    }));
    if (inputs.dryRun || plan.skip === undefined)
        await checkBeforeDeploy(run, plan);
    if (inputs.dryRun) {
        deploy_skip(run, plan.skip === undefined ? DRY_RUN : `${DRY_RUN}; ${plan.skip}`);
        return;
    }
    if (plan.skip !== undefined) {
        deploy_skip(run, plan.skip);
        const written = await writeVariables(run, variables);
        if (written)
            await finishVariables(run, written);
        return;
    }
    if (inputs.force && (inputs.parse || inputs.pytest)) {
        log.notice('`force` is true: parse and pytest are skipped.');
    }
    const [baseline] = await Promise.all([
        takeBaseline(run),
        plan.ships.dags ? requireOpenWay(run.request, await run.deploys()) : undefined,
    ]);
    refusePausedDag(run, baseline);
    const generated = plan.ships.dags ? generatedFiles(run) : [];
    const former = await readFormerCode(run, plan, generated, baseline);
    const need = imageNeed(run, plan);
    const { deploy, written, expected } = need
        ? await withImage(run, need, (image) => ship(run, plan, variables, generated, image))
        : await ship(run, plan, variables, generated, undefined);
    if (inputs.waitMs === undefined) {
        if (deploy.status === 'FAILED') {
            throw rolloutFailed(target, deploy.id, (await run.astro.getDeployment(target)).statusReason);
        }
        log.notice(`Astro has taken the deploy ${deploy.id}. The step does not wait for the new code to run: \`wait\` is false.`);
        tell({ headline: `Handed to Astro: ${deployment.name} (not waited for)` });
        return;
    }
    const { waitMs } = inputs;
    const deadline = run.clock.now() + waitMs;
    const watching = { ...run, onEnded: (end) => progress.reached(end) };
    const guarded = { deployId: deploy.id, previous: plan.previous, knowsBefore: baseline !== undefined };
    const { isProved } = await withRollback(run, guarded, async () => {
        const seen = await stage('Wait until live', () => waitUntilLive(watching, target, deploy.id, expected, waitMs));
        progress.reached('live');
        log.info(`Live: ${deployment.name} runs ${deploy_describe(expected)}.`);
        const isProved = inputs.verify !== 'no' &&
            (await stage('Verify in Airflow', () => verifyDeploy(run, seen, { plan, expected, generated, baseline, former, deadline })));
        if (written)
            proveVariables(run, seen, written);
        await smokeTest(run, seen, { deployId: deploy.id, isProved });
        return { isProved };
    });
    tell({ headline: `Deployed to ${deployment.name}${isProved ? '' : ' (not proved by Airflow)'}` });
}
const DRY_RUN = 'dry run: the plan was made and nothing was changed';
/** Writes the variables, then creates, pushes, uploads and finalizes. */
async function ship(run, plan, variables, generated, image) {
    const { deployment, target, outputs, stage, tell } = run;
    const written = await writeVariables(run, variables);
    const { deploy, dagVersion } = await stage('Deploy', async () => {
        const body = plan.ships.dags ? await run.project().bundle(generated) : undefined;
        const deps = { ...run, hide: run.secrets.hide, onCreated: handOn(run, plan) };
        return applyDeploy(deps, target, plan, { body, push: image?.push });
    });
    outputs.set({ 'dag-version': dagVersion });
    if (dagVersion !== undefined)
        tell({ dagVersion: { before: plan.before.dagVersion, after: dagVersion } });
    return {
        deploy,
        written,
        expected: {
            dagVersion,
            image: image && {
                tag: deploy.imageTag,
                runtimeVersion: image.runtimeVersion,
                isRestarting: written !== undefined,
            },
            former: { desiredDagVersion: deployment.desiredDagTarballVersion },
        },
    };
}
function deploy_describe({ dagVersion, image }) {
    return [
        ...(image ? [`the image ${image.tag} (runtime ${image.runtimeVersion ?? 'unknown'})`] : []),
        ...(dagVersion === undefined ? [] : [`the DAG version ${dagVersion}`]),
    ].join(' and ');
}
/** Nothing is deployed, and nobody can overlook it. */
function deploy_skip({ log, outputs, tell, deployment, inputs }, reason) {
    outputs.set({ skipped: 'true', 'skip-reason': reason });
    const untested = !inputs.dryRun && inputs.runDag ? ` The DAG ${inputs.runDag.dagId} was not run.` : '';
    log.notice(`Nothing was deployed to ${deployment.name} (${reason}).${untested}`);
    const headline = inputs.dryRun ? 'Dry run: nothing was deployed' : 'Skipped: nothing was deployed';
    tell({ headline: `${headline} to ${deployment.name}` });
}
function handOn({ outputs, tell }, plan) {
    return ({ id, imageTag }) => {
        const tag = plan.ships.image ? imageTag : undefined;
        outputs.set({ 'deploy-id': id, skipped: 'false', 'image-tag': tag });
        tell({
            deployId: id,
            deployType: plan.type,
            imageTag: tag ? { before: plan.before.imageTag, after: tag } : undefined,
        });
    };
}
/** Astro watches the tasks of a Hybrid Deployment through a DAG of its own, which each deploy must bring along. */
function generatedFiles({ deployment }) {
    if (deployment.type !== 'HYBRID')
        return [];
    return [monitoringDag(airflowMajor(deployment.airflowVersion) ?? 2)];
}

;// CONCATENATED MODULE: ./src/progress.ts
function createProgress() {
    let stage = 'untouched';
    let id;
    let variables = 'untouched';
    let rollback;
    return {
        reached(next, deployId) {
            stage = next;
            id = deployId ?? id;
        },
        variables(state) {
            variables = state;
        },
        rollback(state) {
            rollback = state;
        },
        aftermath() {
            const code = (rollback && describeRollback(rollback)) ?? progress_describe(stage, id ?? 'of this run');
            if (variables === 'untouched')
                return code;
            return `${progress_VARIABLES[variables]} ${stage === 'untouched' ? 'Nothing else was changed on Astro.' : code}`;
        },
    };
}
const progress_VARIABLES = {
    writing: 'It is not known whether Astro took the change of the environment variables: the Deployment has either the old list or the new one, whole. Look at its environment variables in the Astro UI.',
    kept: 'The environment variables are as they were.',
    written: 'The new environment variables are written and stay.',
    replaced: 'The environment variables were written, but somebody else has changed them since.',
};
/** Undefined when the rollback changed nothing, so that what was before it still holds. */
function describeRollback(state) {
    switch (state.kind) {
        case 'asking':
            return `It is not known whether Astro took the rollback to the deploy ${state.to}: the Deployment may return to it or not. Look at the deploy history of the Deployment.`;
        case 'refused':
            return undefined;
        case 'taken':
            return `Astro has taken the rollback to the deploy ${state.to}, as the deploy ${state.by}: its code may go live although this run did not see it.`;
        case 'failed':
            return `The rollback to the deploy ${state.to}, as the deploy ${state.by}, has failed: its code does not go live.`;
        case 'replaced':
            return `Astro had taken the rollback to the deploy ${state.to}, as the deploy ${state.by}, but a newer deploy goes live in its place.`;
        case 'live':
            return `The Deployment was rolled back: it runs the code of the deploy ${state.to} again, as the deploy ${state.by}.`;
    }
}
function progress_describe(stage, id) {
    const unfinished = `The former code keeps running; the deploy ${id} stays unfinished in the deploy history, without effect.`;
    switch (stage) {
        case 'untouched':
            return 'Nothing was changed on Astro.';
        case 'creating':
            return 'The former code keeps running; unfinished deploys may stay in the deploy history, without effect.';
        case 'created':
            return `The upload of the DAG bundle was not confirmed. ${unfinished}`;
        case 'pushing':
            return `The push of the image was not confirmed. ${unfinished}`;
        case 'pushed':
            return `The image was pushed, but the deploy was not finalized. ${unfinished}`;
        case 'uploaded':
            return `The DAG bundle was uploaded, but the deploy was not finalized. ${unfinished}`;
        case 'finalizing':
            return `It is not known whether Astro took the deploy ${id}: the new code may go live or not. Look at the deploy history of the Deployment.`;
        case 'finalized':
            return `Astro has taken the deploy ${id}: the new code may go live although this run did not see it.`;
        case 'failed':
            return `The deploy ${id} has failed: its code does not go live.`;
        case 'replaced':
            return `Astro had taken the deploy ${id}, but a newer one goes live in its place.`;
        case 'live':
            return `The deploy ${id} is live.`;
    }
}

;// CONCATENATED MODULE: ./src/deploy/verify-rollback.ts


/** What is checked out, if anything is, need not be the code that came back: nothing can be shown on a file. */
const NO_REPOSITORY = {
    dagFolder: '',
    dagFiles: new Set(),
    projectFile: () => undefined,
    read: () => undefined,
};
/**
 * Waits until Airflow has imported the code that a rollback brought back; throws, warns and answers as `verifyInAirflow` does.
 * Airflow may have parsed the same version of the code long ago, so only what it parses from now on counts.
 */
async function verifyRollback(run, live, facts) {
    const { dagVersion, baseline } = facts;
    const isSameBundle = dagVersion === run.deployment.dagTarballVersion;
    return verifyInAirflow(run, live, {
        ...facts,
        arrival: 'rollback',
        dagVersion: isSameBundle ? undefined : dagVersion,
        promised: () => Promise.resolve(baseline && promisedByAirflow(baseline)),
        repository: () => Promise.resolve(NO_REPOSITORY),
    });
}

;// CONCATENATED MODULE: ./src/deploy/rollback-action.ts





/** `action: rollback`: plan, ask once, proof. Throws ActionError; green means that the earlier code runs and imports. */
async function rollback(run) {
    const { inputs, deployment, target, log, outputs, stage, tell } = run;
    outputs.set({ 'rolled-back': 'false' });
    refuseRollback(deployment, run.session.kind);
    const { leave, to } = await stage('Plan', () => rollback_action_makePlan(run));
    if (inputs.dryRun) {
        const reason = 'dry run: the plan was made and nothing was changed';
        outputs.set({ skipped: 'true', 'skip-reason': reason });
        log.notice(`${deployment.name} was not rolled back (${reason}).`);
        tell({ headline: `Dry run: ${deployment.name} was not rolled back` });
        return;
    }
    const baseline = await takeBaseline(run);
    const made = await stage('Roll back', async () => askForRollback(run, target, to.id, inputs.description ?? `Rollback from ${leave.id} to ${to.id}`, await run.deploys()));
    outputs.set({ 'deploy-id': made.id, skipped: 'false', 'dag-version': made.dagTarballVersion });
    tell({
        deployId: made.id,
        dagVersion: { before: deployment.dagTarballVersion, after: made.dagTarballVersion },
        rollback: { to, by: made.id },
    });
    const { waitMs } = inputs;
    if (waitMs === undefined) {
        outputs.set({ 'rolled-back': 'true' });
        log.notice(`Astro has taken the rollback to the deploy ${to.id}, as the deploy ${made.id}. The step does not wait for it to run: \`wait\` is false.`);
        tell({ headline: `Rollback handed to Astro: ${deployment.name} (not waited for)` });
        return;
    }
    const deadline = run.clock.now() + waitMs;
    const seen = await stage('Wait until live', () => waitUntilReturned(run, target, { to, made, before: deployment }, waitMs));
    outputs.set({ 'rolled-back': 'true' });
    log.info(`Live: ${deployment.name} runs the code of the deploy ${to.id} again; ${leave.id} is left.`);
    const { dagVersion } = expectReturn(to, made, deployment);
    const isProved = inputs.verify !== 'no' &&
        (await stage('Verify in Airflow', () => verifyRollback(run, seen, { dagVersion, baseline, deadline })));
    tell({ headline: `Rolled back ${deployment.name}${isProved ? '' : ' (not proved by Airflow)'}` });
}
async function rollback_action_makePlan(run) {
    const { deployment, inputs, clock, log, outputs, tell } = run;
    const deploys = await run.deploys();
    const plan = planRollback({ deployment, deploys, wanted: inputs.deployId, now: clock.now() });
    for (const reason of plan.reasons)
        log.info(reason);
    outputs.set({ 'previous-deploy-id': plan.leave.id });
    tell({
        deployType: 'rollback',
        reasons: plan.reasons,
        dagVersion: { before: deployment.dagTarballVersion, after: plan.to.dagTarballVersion },
        rollback: { to: plan.to, by: undefined },
    });
    return plan;
}

;// CONCATENATED MODULE: ./src/check/action.ts
/** `action: check`: looks at the Python files of the project, without a credential. Throws ActionError. */
async function checkProject(run) {
    const { inputs, stage, tell } = run;
    const { checked, dagFolder, commit } = run.project();
    await stage('Check the DAGs', async () => {
        if (inputs.deployType !== 'image-only')
            await dagFolder;
        tell({ headline: 'The check failed', commit: await commit.catch(() => undefined) });
        if (checked === undefined)
            return;
        const { performCheck } = await __webpack_require__.e(/* import() */ 469).then(__webpack_require__.bind(__webpack_require__, 7469));
        await performCheck({ ...run, checked }, {
            deployed: undefined,
            ships: inputs.imageName === undefined ? undefined : 'prebuilt',
            bringsDags: inputs.deployType !== 'image-only',
            bringsImage: inputs.deployType !== 'dags-only',
            isPathSet: false,
            // Whether the Deployment takes DAGs apart from its image is not known otherwise.
            isBundle: inputs.deployType === 'dags-only',
        });
    });
    tell({ headline: 'The DAGs were checked' });
}

;// CONCATENATED MODULE: ./src/astro/domain.ts


const DEFAULT_DOMAIN = 'astronomer.io';
const KNOWN_DOMAIN = /^(?:(pr\d{4,6})\.)?(astronomer(?:-dev|-stage|-perf)?\.io)$/;
const LONGEST_HOST = 253;
/**
 * Reads a domain as the Astro CLI does (section 1.1 of the control plane's contract): a bare domain, with or without
 * `cloud.` and a scheme; `localhost`; or a full origin, which is then the API's. Returns a sentence when it is none.
 */
function parseDomain(text) {
    const given = text.trim().replace(/\/+$/, '') || DEFAULT_DOMAIN;
    const bare = given.replace(/^https:\/\//, '').replace(/^cloud\./, '');
    if (bare === 'localhost')
        return { apiOrigin: 'http://localhost:8888', uiOrigin: 'http://localhost:8888' };
    const known = KNOWN_DOMAIN.exec(bare);
    if (known) {
        const [, preview, domain = DEFAULT_DOMAIN] = known;
        return {
            apiOrigin: preview ? `https://${preview}.api.${domain}` : `https://api.${domain}`,
            uiOrigin: `https://cloud.${domain}`,
        };
    }
    return given.includes('://')
        ? parseOrigin(given)
        : `${(0,src_errors/* quote */.hD)(given)} is not an Astro domain such as ${DEFAULT_DOMAIN}`;
}
function parseOrigin(given) {
    if (!URL.canParse(given))
        return `${(0,src_errors/* quote */.hD)(given)} is not a URL`;
    const url = new URL(given);
    if (url.username || url.password)
        return 'a domain must not hold a user name or password';
    if (url.hostname.length > LONGEST_HOST)
        return `${(0,src_errors/* quote */.hD)(given)} is longer than any domain`;
    if (url.pathname !== '/' || url.search || url.hash)
        return `${(0,src_errors/* quote */.hD)(given)} is more than an origin`;
    if (!mayCarrySecrets(url)) {
        return `${(0,src_errors/* quote */.hD)(given)} would send credentials in clear; only a loopback address may use plain http`;
    }
    const uiHost = url.host.replace(/^(?:pr\d{4,6}\.)?api\./, 'cloud.');
    return { apiOrigin: url.origin, uiOrigin: `${url.protocol}//${uiHost}` };
}

// EXTERNAL MODULE: ./node_modules/dotenv/dist/index.cjs
var dist = __webpack_require__(8230);
;// CONCATENATED MODULE: ./src/environment/dotenv.ts

const BLANK = /[^\S\n]*(?:#[^\n]*)?(?=\n|$)/y;
const HEAD = /[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)(?=[^\S\n]*=|:[^\S\n])/y;
const SEPARATOR = /[^\S\n]*=|:/y;
const QUOTED = /[^\S\n]*(?:'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`)[^\S\n]*(?:#[^\n]*)?(?=\n|$)/y;
const REST_OF_LINE = /[^\n]*/y;
const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
/**
 * Reads dotenv text. Where an assignment begins and ends is found here, because the library tells no lines, takes the last
 * of two equal keys and passes over what it does not understand; what the value is, with its quotes, escapes and comments,
 * the library says.
 */
function parseDotenv(source) {
    const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
    const assignments = [];
    const problems = [];
    const lineAt = lineCounter(text);
    let at = 0;
    while (at < text.length) {
        const line = lineAt(at);
        const statement = readStatement(text, at);
        if ('problem' in statement)
            problems.push({ line, ...statement.problem });
        else if (statement.key !== undefined) {
            const { key, value } = statement;
            assignments.push({ key, value, line });
        }
        at = statement.end + 1;
    }
    return { assignments, problems };
}
/** The statement that begins at `at`; `end` is where its line break stands. */
function readStatement(text, at) {
    const blank = matchAt(BLANK, text, at);
    if (blank)
        return { end: blank.end, key: undefined };
    const lineEnd = matchAt(REST_OF_LINE, text, at)?.end ?? text.length;
    const wrong = (kind, problem, end = lineEnd) => ({
        end,
        problem: { kind, problem },
    });
    const head = matchAt(HEAD, text, at);
    const separator = head && matchAt(SEPARATOR, text, head.end);
    if (!head || !separator) {
        return text.slice(at, lineEnd).includes('=')
            ? wrong('key', 'what stands before the = is not a variable name')
            : wrong('line', 'it is not KEY=value');
    }
    const key = head.groups[0] ?? '';
    const quoted = matchAt(QUOTED, text, separator.end);
    if (!quoted) {
        const raw = text.slice(separator.end, lineEnd);
        const [quote] = /^\s*(["'`])/.exec(raw)?.slice(1) ?? [];
        if (quote !== undefined) {
            return raw.trimStart().includes(quote, 1)
                ? wrong('line', 'text follows the closing quote')
                : wrong('line', 'a quote is opened and not closed', text.length);
        }
        if (/^#|[^\s#]#/.test(raw.slice(0, raw.indexOf('#') + 1))) {
            return wrong('line', 'a # inside a value without quotes begins a comment; quote the value');
        }
    }
    const end = quoted?.end ?? lineEnd;
    const nameProblem = describeKeyProblem(key);
    if (nameProblem !== undefined)
        return wrong('key', nameProblem, end);
    // The library leaves out a key that every object has, such as __proto__; the value is the same under any other.
    const value = (0,dist.parse)(`V${text.slice(head.end, end)}`).V ?? '';
    if (value.includes('\0'))
        return wrong('line', 'the value holds a null character', end);
    return { end, key, value };
}
/** Why Astro does not take the key, or undefined when it does. Shows no more than one character of it. */
function describeKeyProblem(key) {
    if (KEY.test(key))
        return undefined;
    const [bad] = /[^A-Za-z0-9_]/.exec(key) ?? [];
    return bad === undefined
        ? 'the key begins with a digit'
        : `the key holds "${bad}"; Astro takes letters, digits and underscores`;
}
function matchAt(pattern, text, at) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    return match ? { end: pattern.lastIndex, groups: match.slice(1) } : undefined;
}
/** Numbers of lines for positions that only grow. */
function lineCounter(text) {
    let line = 1;
    let counted = 0;
    return (at) => {
        for (; counted < at; counted++)
            if (text.charCodeAt(counted) === 10)
                line++;
        return line;
    };
}

;// CONCATENATED MODULE: ./src/environment/wish.ts


const ENVIRONMENT_MODES = ['merge', 'replace'];
const CODES = {
    line: 'ASTRO-ENV-LINE',
    key: 'ASTRO-ENV-KEY',
};
/**
 * Reads all sources into one list, with every problem and with sentences for what is odd. `hide` gets each value of a secret
 * source before anything else sees it.
 */
function collectVariables(sources, hide) {
    const variables = new Map();
    const problems = [];
    const warnings = [];
    const read = sources.map((source) => ({ source, content: parseDotenv(source.text) }));
    for (const { source, content } of read) {
        if (!source.isSecret)
            continue;
        for (const { value } of content.assignments)
            hide(value);
        if (content.problems.length > 0)
            for (const line of source.text.split(/[\r\n]+/))
                hide(line);
    }
    for (const { source, content } of read) {
        const { input, file, isSecret } = source;
        const found = (code, line, problem) => void problems.push({ code, input, problem: `${file ? `${file}, ` : ''}line ${line}: ${problem}` });
        for (const { kind, line, problem } of content.problems)
            found(CODES[kind], line, problem);
        for (const { key, value, line } of content.assignments) {
            const other = variables.get(key);
            if (other) {
                const how = other.isSecret === isSecret ? 'twice' : 'as a secret variable and as a plain one';
                found('ASTRO-ENV-TWICE', line, `${key} is set ${how}; the other place is ${other.place}`);
                continue;
            }
            if (isSecret && value === '') {
                found('ASTRO-ENV-SECRET-EMPTY', line, `the secret variable ${key} has an empty value; a GitHub secret that is not set reads as an empty text`);
            }
            if (isSecret && value !== '' && value.trim().length < SHORTEST_MASKED) {
                warnings.push(`The value of the secret variable ${key} is too short to be masked wherever it occurs. This step hides it where it stands by itself; later steps do not.`);
            }
            variables.set(key, { key, value, isSecret, place: `${input}, ${file ? `${file}, ` : ''}line ${line}` });
        }
        if (content.assignments.length === 0 && content.problems.length === 0 && file !== undefined) {
            warnings.push(`The file ${file} of \`${input}\` holds no variable.`);
        }
    }
    return {
        variables: [...variables.values()].map(({ key, value, isSecret }) => ({ key, value, isSecret })),
        problems,
        warnings,
    };
}

;// CONCATENATED MODULE: ./src/inputs/build.ts
/**
 * Build arguments, one a line. Several on one line are parted by commas that a `NAME=` follows, so that a value may hold
 * commas.
 */
function parseBuildArgs(text) {
    const args = [];
    for (const item of items(text, /,(?=\s*[A-Za-z_]\w*=)/)) {
        const [, name, value] = /^([A-Za-z_]\w*)(?:=([^]*))?$/.exec(item) ?? [];
        if (name === undefined) {
            return { problem: 'an item is neither NAME=value nor the NAME of an environment variable' };
        }
        args.push({ name, value });
    }
    return { value: args };
}
/** Build secrets as `docker build --secret` takes them: `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`, or `id=NAME` alone. */
function parseBuildSecrets(text) {
    const secrets = [];
    for (const item of items(text, /,(?=\s*(?:type=\w+\s*,\s*)?id=)/)) {
        const secret = parseSecret(item);
        if (secret === undefined) {
            return {
                problem: 'an item is none of id=NAME,src=FILE and id=NAME,env=VARIABLE (the value itself does not belong here)',
            };
        }
        secrets.push(secret);
    }
    return { value: secrets };
}
function parseSecret(item) {
    const fields = new Map();
    for (const part of item.split(',')) {
        const [, key, value] = /^\s*(type|id|src|source|env)=(.+?)\s*$/.exec(part) ?? [];
        if (key === undefined || value === undefined)
            return undefined;
        fields.set(key === 'source' ? 'src' : key, value);
    }
    const [id, file, env, type] = ['id', 'src', 'env', 'type'].map((key) => fields.get(key));
    if (id === undefined || (file !== undefined && env !== undefined))
        return undefined;
    if (type !== undefined && type !== 'file' && type !== 'env')
        return undefined;
    if (file !== undefined)
        return type === 'env' ? { id, env: file } : { id, file };
    if (env !== undefined)
        return { id, env };
    return type === 'file' ? { id, file: id } : { id, env: id };
}
/** One item a line; the separator counts where there is one line only. */
function items(text, separator) {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    return lines.length > 1
        ? lines.map((line) => line.trim())
        : (lines[0] ?? '')
            .split(separator)
            .map((item) => item.trim())
            .filter((item) => item !== '');
}

;// CONCATENATED MODULE: ./src/inputs/credentials.ts
const FORKS = 'a secret that is not set, and every secret in a run from a fork or from Dependabot, reads as an empty text';
/**
 * Picks the credential: inputs before environment; a token and a key pair both as inputs is a problem; in the environment
 * the token wins, as in the Astro CLI. A key half that is not an input may come from the environment. Every value found,
 * used or not, is hidden first.
 */
function chooseCredentials(given, env, hide) {
    const surroundings = {
        keyId: env.ASTRONOMER_KEY_ID?.trim() ?? '',
        keySecret: env.ASTRONOMER_KEY_SECRET?.trim() ?? '',
        apiToken: env.ASTRO_API_TOKEN?.trim() ?? '',
    };
    for (const value of [...Object.values(given), ...Object.values(surroundings)])
        hide(value);
    const keyGiven = given.keyId !== '' || given.keySecret !== '';
    if (given.apiToken !== '' && keyGiven) {
        return problem('ASTRO-INPUT-CREDENTIALS-BOTH', 'api-token, key-id, key-secret', 'a token and an API key are both given; keep one of them');
    }
    if (given.apiToken !== '')
        return { kind: 'token', token: given.apiToken, source: 'inputs' };
    if (!keyGiven && surroundings.apiToken !== '') {
        return { kind: 'token', token: surroundings.apiToken, source: 'environment' };
    }
    const keyId = given.keyId || surroundings.keyId;
    const keySecret = given.keySecret || surroundings.keySecret;
    if (keyId !== '' && keySecret !== '') {
        return { kind: 'key-pair', keyId, keySecret, source: keyGiven ? 'inputs' : 'environment' };
    }
    if (keyId === '' && keySecret === '') {
        return problem('ASTRO-INPUT-CREDENTIALS-MISSING', 'key-id, key-secret, api-token', `no credential is given; pass \`api-token\`, or \`key-id\` and \`key-secret\` (${FORKS})`);
    }
    const missing = keyId === '' ? 'key-id' : 'key-secret';
    const present = keyId === '' ? 'key-secret' : 'key-id';
    return problem('ASTRO-INPUT-CREDENTIALS-HALF', missing, `it is empty although \`${present}\` is given; an API key needs both (${FORKS})`);
}
function problem(code, input, text) {
    return { problems: [{ code, input, problem: text }] };
}

// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(4573);
;// CONCATENATED MODULE: ./src/project/dag-link.ts


/**
 * What becomes of a link in the DAG folder. It is kept as a link when its end is shipped too. The text is kept as it is
 * when it works as well in the archive, where the folder is called `dags` and has nothing around it; a text that is
 * absolute or passes through the outside is replaced by the relative path of the link's end.
 *
 * A link that ends nowhere cannot be kept in silence: Airflow would miss a file that the author believes to be there
 * (a submodule or a generated file that this checkout lacks is the usual reason).
 */
function decideLink({ root, parent, text, end }) {
    if (end === undefined)
        return { is: leavesByText(root, parent, text) ? 'outside' : 'dangling' };
    if (!isInside(root, end))
        return { is: 'outside' };
    const keepText = !leavesByText(root, parent, text) && climbsOnlyAtStart(text);
    const target = toForwardSlashes(keepText ? text : external_node_path_.relative(parent, end) || '.');
    const passes = [...target.split('/'), ...external_node_path_.relative(root, end).split(external_node_path_.sep)];
    return passes.some(dag_file/* isLeftOut */.W) ? { is: 'left-out' } : { is: 'inside', target };
}
/** Whether `candidate` is `folder` or below it, segment by segment (`/p/dags-old` is not in `/p/dags`). */
function isInside(folder, candidate) {
    const relative = external_node_path_.relative(folder, candidate);
    return relative !== '..' && !relative.startsWith(`..${external_node_path_.sep}`) && !external_node_path_.isAbsolute(relative);
}
function toForwardSlashes(text) {
    return external_node_path_.sep === '/' ? text : text.replaceAll(external_node_path_.sep, '/');
}
function leavesByText(root, parent, text) {
    if (external_node_path_.isAbsolute(text))
        return true;
    let depth = external_node_path_.relative(root, parent).split(external_node_path_.sep).filter(Boolean).length;
    for (const segment of toForwardSlashes(text).split('/')) {
        if (segment === '..')
            depth--;
        else if (segment !== '' && segment !== '.')
            depth++;
        if (depth < 0)
            return true;
    }
    return false;
}
/** After a name, `..` means the parent of wherever that name leads, so such a text can only be followed, not read. */
function climbsOnlyAtStart(text) {
    const segments = toForwardSlashes(text).split('/');
    const firstName = segments.findIndex((segment) => segment !== '..' && segment !== '.' && segment !== '');
    return firstName === -1 || !segments.includes('..', firstName);
}

;// CONCATENATED MODULE: ./src/environment/file.ts





const LARGEST_BYTES = 1024 * 1024;
/**
 * The text of a dotenv file, or a sentence that says why there is none.
 *
 * @param relative to the workspace, which neither the path nor a link on it may leave
 */
function readEnvironmentFile(workspace, relative) {
    try {
        const file = (0,external_node_fs_.realpathSync)(external_node_path_.join(workspace, relative));
        if (!isInside((0,external_node_fs_.realpathSync)(workspace), file))
            return { problem: 'it lies outside of the workspace' };
        const stats = (0,external_node_fs_.statSync)(file);
        if (!stats.isFile())
            return { problem: 'it is not a file' };
        if (stats.size > LARGEST_BYTES)
            return { problem: 'it is larger than a megabyte' };
        const bytes = (0,external_node_fs_.readFileSync)(file);
        return (0,external_node_buffer_.isUtf8)(bytes) ? { text: bytes.toString('utf8') } : { problem: 'it is not UTF-8 text' };
    }
    catch (error) {
        const missing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
        return { problem: missing ? 'there is no such file' : `it cannot be read: ${(0,src_errors/* describeError */.Uc)(error)}` };
    }
}

;// CONCATENATED MODULE: ./src/inputs/values.ts


/** Strict YAML 1.2 booleans in any case. */
function parseBoolean(text) {
    const word = text.toLowerCase();
    if (word === 'true' || word === 'false')
        return { value: word === 'true' };
    return { problem: `${(0,src_errors/* quote */.hD)(text)} is not a boolean; use true or false` };
}
/** A JSON object. */
function parseJsonObject(text) {
    try {
        const value = JSON.parse(text);
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
            return { value: value };
        }
    }
    catch {
        return { problem: 'it is not JSON; write an object such as {"date": "2026-01-31"}' };
    }
    return { problem: 'it is JSON but not an object; write one such as {"date": "2026-01-31"}' };
}
/** Of descriptions and of the names of Deployments, by Astro's specification. */
const LONGEST_TEXT = 500;
/** A text that Astro takes; undefined for an empty one. */
function parseText(text) {
    const length = Array.from(text).length;
    return length > LONGEST_TEXT
        ? { problem: `it has ${length} characters; Astro takes at most ${LONGEST_TEXT}` }
        : { value: text || undefined };
}
/** An ID of something on Astro; undefined for an empty text. */
function parseId(text) {
    if (text === '')
        return { value: undefined };
    return /^[\w-]{1,100}$/.test(text)
        ? { value: text }
        : { problem: `${(0,src_errors/* quote */.hD)(text)} is not an ID such as clabc0123` };
}
/** One of the given words, exactly. */
function parseChoice(text, choices) {
    const choice = choices.find((candidate) => candidate === text);
    return choice === undefined
        ? { problem: `${(0,src_errors/* quote */.hD)(text)} is not one of ${choices.join(', ')}` }
        : { value: choice };
}
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_DURATION_MS = 24 * 3_600_000;
/** `90s`, `5m`, `1h`, `1h30m`, or a bare number of seconds, in milliseconds; at most a day. */
function parseDuration(text) {
    const problem = `${(0,src_errors/* quote */.hD)(text)} is not a duration such as 90s, 5m, 1h or 300 (seconds)`;
    if (/^\d{1,9}$/.test(text))
        return withinDay(Number(text) * 1000);
    if (!/^(?:\d{1,6}[hms])+$/.test(text))
        return { problem };
    const parts = [...text.matchAll(/(\d+)([hms])/g)];
    return withinDay(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0));
    function withinDay(ms) {
        if (ms === 0)
            return { problem: `${(0,src_errors/* quote */.hD)(text)} is no time at all` };
        return ms > LONGEST_DURATION_MS ? { problem: `${(0,src_errors/* quote */.hD)(text)} is longer than a day` } : { value: ms };
    }
}
/** Of Linux, in bytes; other systems differ, but none takes much more. */
const LONGEST_PATH = 4096;
/**
 * A folder or file relative to some root, normalised to forward slashes without leading or trailing ones: `./a`, `a/` and
 * `/a` all mean `a`, and the root itself is the empty string. Leaving the root is a problem.
 */
function parseRelativePath(text) {
    if (text.includes('\0'))
        return { problem: 'a path cannot hold a null character' };
    if (text.length > LONGEST_PATH) {
        return { problem: `it has ${text.length} characters; a path has at most ${LONGEST_PATH}` };
    }
    const slashed = external_node_path_.sep === '\\' ? text.replaceAll('\\', '/') : text;
    if (/^[a-z]:/i.test(slashed) && (0,external_node_path_.isAbsolute)(text)) {
        return { problem: `${(0,src_errors/* quote */.hD)(text)} is absolute; give a path relative to the workspace` };
    }
    const normal = external_node_path_.posix.normalize(slashed.replace(/^\/+/, '')).replace(/\/+$/, '');
    if (normal === '..' || normal.startsWith('../'))
        return { problem: `${(0,src_errors/* quote */.hD)(text)} leaves the workspace` };
    return { value: normal === '.' ? '' : normal };
}
/** A list of globs, one a line or separated by commas outside of braces; empty items are dropped. */
function parseGlobs(text) {
    return text
        .split(/\n|,(?![^{\n]*\})/)
        .map((item) => item.trim())
        .filter((item) => item !== '');
}

;// CONCATENATED MODULE: ./src/inputs/environment.ts



const FILE_INPUT = 'environment-file';
/**
 * The variables that the inputs ask for, undefined when they ask for none. `hide` gets every secret value first. An empty
 * list is a problem where it would mean to do nothing, or to remove everything.
 */
function readEnvironmentWish(given, hide) {
    const { mode } = given;
    const files = readFiles(given);
    const collected = collectVariables([
        { input: 'environment-variables', isSecret: false, text: given.plain },
        { input: 'secret-environment-variables', isSecret: true, text: given.secret },
        ...files.sources,
    ], hide);
    const { variables, warnings } = collected;
    const problems = [...files.problems, ...collected.problems];
    if (variables.length === 0 && problems.length === 0 && (given.isWholeAction || mode === 'replace')) {
        problems.push(nothingGiven(mode));
    }
    return { wish: variables.length === 0 ? undefined : { mode, variables }, problems, warnings };
}
function readFiles({ files, workspace }) {
    const sources = [];
    const problems = [];
    for (const line of files.split(/\r?\n/)) {
        const file = line.trim();
        if (file === '')
            continue;
        const inside = parseRelativePath(file);
        const read = 'problem' in inside ? inside : readEnvironmentFile(workspace, inside.value);
        if ('text' in read)
            sources.push({ input: FILE_INPUT, file, isSecret: false, text: read.text });
        else
            problems.push({ code: 'ASTRO-ENV-FILE', input: FILE_INPUT, problem: `${file}: ${read.problem}` });
    }
    return { sources, problems };
}
function nothingGiven(mode) {
    return {
        code: 'ASTRO-ENV-NOTHING',
        input: 'environment-variables, secret-environment-variables, environment-file',
        problem: mode === 'replace'
            ? 'they hold no variable, and `environment-mode: replace` would remove every variable of the Deployment'
            : 'they hold no variable, so there is nothing to do',
    };
}

;// CONCATENATED MODULE: ./src/inputs/ineffective.ts
const ENVIRONMENT = [
    'environment-variables',
    'secret-environment-variables',
    'environment-file',
    'environment-mode',
];
const NO_CHECKOUT = 'nothing is checked out by this action; a step with actions/checkout comes before it';
/** Inputs that deploy-action has and that mean nothing here. */
const MEANINGLESS = {
    checkout: NO_CHECKOUT,
    'checkout-submodules': NO_CHECKOUT,
    'sparse-checkout': NO_CHECKOUT,
    'cli-version': 'this action does not use the Astro CLI',
};
const NO_EFFECT = Object.keys(MEANINGLESS);
const noImage = (i) => i.deployType === 'dags-only' && !(i.parse || i.pytest);
/** Inputs that say what is read, for a check as for a deploy. */
const SAYS_WHAT = new Set(['deploy-type', 'root-folder', 'dags-path', 'allow-empty-dags', 'image-name']);
const readsCode = ({ action }) => action === 'deploy' || action === 'check';
const RULES = [
    ...Object.entries(MEANINGLESS).map(([input, why]) => ({ input, hasEffect: () => false, why })),
    {
        input: 'verify',
        hasEffect: (i) => i.action === 'deploy' || i.action === 'rollback',
        why: 'the action brings no code',
    },
    { input: 'verify', hasEffect: (i) => i.waitMs !== undefined, why: '`wait` is false' },
    { input: 'verify', hasEffect: (i) => !i.dryRun, why: 'a dry run changes nothing' },
    ...['check', 'check-airflow', 'check-sarif'].map((input) => ({
        input,
        hasEffect: (i) => readsCode(i),
        why: 'the action ships no code',
    })),
    {
        input: 'check',
        hasEffect: (i) => i.action !== 'check' || i.check === 'warn',
        why: '`action: check` always looks',
    },
    ...['check-airflow', 'check-sarif'].map((input) => ({
        input,
        hasEffect: (i) => i.check !== 'no',
        why: '`check` is false',
    })),
    ...['run-dag', 'run-dag-conf', 'run-dag-timeout', 'run-dag-unpause'].flatMap((input) => [
        { input, hasEffect: (i) => i.action === 'deploy', why: 'the action ships no code' },
        { input, hasEffect: (i) => !i.dryRun, why: 'a dry run deploys nothing' },
        { input, hasEffect: (i) => i.runDag !== undefined, why: '`run-dag` is not given' },
    ]),
    { input: 'wait-time', hasEffect: (i) => i.waitMs !== undefined, why: '`wait` is false' },
    ...[
        'deploy-type',
        'deploy-image',
        'root-folder',
        'dags-path',
        'allow-empty-dags',
        'skip-unchanged',
        'image-trigger-paths',
        'image-name',
        'build-args',
        'build-secrets',
        'parse',
        'pytest',
        'pytest-file',
        'force',
    ].map((input) => ({
        input,
        hasEffect: (i) => i.action === 'deploy' || (i.action === 'check' && SAYS_WHAT.has(input)),
        why: 'the action ships no code',
    })),
    {
        input: 'description',
        hasEffect: (i) => i.action === 'deploy' || i.action === 'rollback',
        why: 'the action ships no code',
    },
    ...['dry-run', ...ENVIRONMENT].map((input) => ({
        input,
        hasEffect: (i) => i.action !== 'get-access-token',
        why: '`get-access-token` changes nothing',
    })),
    ...['dry-run', 'wait-time', ...ENVIRONMENT].map((input) => ({
        input,
        hasEffect: (i) => i.action !== 'check',
        why: '`check` changes nothing',
    })),
    ...ENVIRONMENT.map((input) => ({
        input,
        hasEffect: (i) => i.action !== 'rollback',
        why: '`rollback` leaves the environment variables as they are',
    })),
    { input: 'deploy-id', hasEffect: (i) => i.action === 'rollback', why: 'it belongs to `action: rollback`' },
    {
        input: 'rollback-on-failure',
        hasEffect: (i) => i.action === 'deploy',
        why: 'only a deploy can give way to the one before',
    },
    {
        input: 'rollback-on-failure',
        hasEffect: (i) => i.waitMs !== undefined,
        why: '`wait` is false, so nobody sees a failure',
    },
    { input: 'rollback-on-failure', hasEffect: (i) => !i.dryRun, why: 'a dry run deploys nothing' },
    {
        input: 'wait-time',
        hasEffect: (i) => !i.dryRun || i.action === 'get-access-token',
        why: 'a dry run waits for nothing',
    },
    { input: 'skip-unchanged', hasEffect: (i) => i.deployType !== 'infer', why: '`infer` always skips then' },
    {
        input: 'image-trigger-paths',
        hasEffect: (i) => i.deployType === 'infer' || i.skipUnchanged,
        why: '`deploy-type` decides what is deployed, whatever changed',
    },
    ...['image-name', 'build-args', 'build-secrets'].map((input) => ({
        input,
        hasEffect: (i) => !noImage(i),
        why: '`deploy-type: dags-only` has no image',
    })),
    ...['build-args', 'build-secrets'].map((input) => ({
        input,
        hasEffect: (i) => i.imageName === undefined,
        why: '`image-name` takes the place of a build',
    })),
    { input: 'pytest-file', hasEffect: (i) => i.pytest, why: '`pytest` is false' },
    { input: 'pytest-file', hasEffect: (i) => !i.force, why: '`force` skips the tests' },
    {
        input: 'force',
        hasEffect: (i) => i.parse || i.pytest,
        why: 'it skips `parse` and `pytest`, and both are false',
    },
];
/** A sentence for each input that was given but does nothing in the chosen mode; at most one an input. */
function ineffectiveInputs(inputs, given) {
    const idle = new Map();
    for (const rule of RULES) {
        if (given(rule.input) && !rule.hasEffect(inputs) && !idle.has(rule.input)) {
            idle.set(rule.input, `The input \`${rule.input}\` has no effect here: ${rule.why}.`);
        }
    }
    return [...idle.values()];
}

;// CONCATENATED MODULE: ./src/inputs/run-dag.ts

/** What Airflow allows in the ID of a DAG, and at most as long. */
const DAG_ID = /^[\p{L}\p{N}_.-]{1,250}$/u;
/** The smoke test that the inputs ask for, undefined when they ask for none; the other inputs are checked all the same. */
function readRunDag(given) {
    const { dagId, unprovedBy } = given;
    const problems = [];
    function take(code, input, parsed) {
        if ('value' in parsed)
            return parsed.value;
        problems.push({ code, input, problem: parsed.problem });
        return undefined;
    }
    const conf = take('ASTRO-INPUT-JSON', 'run-dag-conf', parseJsonObject(given.conf)) ?? {};
    const timeoutMs = take('ASTRO-INPUT-DURATION', 'run-dag-timeout', parseDuration(given.timeout)) ?? 0;
    const unpause = take('ASTRO-INPUT-BOOLEAN', 'run-dag-unpause', parseBoolean(given.unpause)) ?? false;
    if (dagId === '')
        return { wish: undefined, problems };
    if (!DAG_ID.test(dagId))
        problems.push(run_dag_refused('it is not the ID of a DAG: no file, path or list'));
    if (unprovedBy !== undefined) {
        problems.push(run_dag_refused(`it runs the DAG on code that is proved to be live, but \`${unprovedBy}\` is false`));
    }
    return { wish: { dagId, conf, timeoutMs, unpause }, problems };
}
function run_dag_refused(problem) {
    return { code: 'ASTRO-INPUT-RUN-DAG', input: 'run-dag', problem };
}

;// CONCATENATED MODULE: ./src/inputs/target.ts
/** The Deployment that the inputs name; to name it twice is a problem. */
function readTarget(id, name) {
    if (id !== undefined) {
        return { wish: { kind: 'id', id }, problems: name === undefined ? [] : [NAMED_TWICE] };
    }
    return { wish: name === undefined ? { kind: 'bound' } : { kind: 'name', name }, problems: [] };
}
const NAMED_TWICE = {
    code: 'ASTRO-INPUT-TARGET',
    input: 'deployment-id, deployment-name',
    problem: 'both are given; name the Deployment by one of them',
};

;// CONCATENATED MODULE: ./src/inputs/types.ts
const ACTIONS = [
    'deploy',
    'update-environment-variables',
    'get-access-token',
    'rollback',
    'check',
];
const DEPLOY_TYPES = ['infer', 'dags-only', 'image-and-dags', 'image-only'];
/** Words of the interface that this version does not know yet. */
const LATER_ACTIONS = [
    'status',
    'create-deployment-preview',
    'deploy-deployment-preview',
    'delete-deployment-preview',
    'delete-expired-deployment-previews',
    'delete-bundle',
];
const LATER_DEPLOY_TYPES = ['dbt', 'non-dags'];

// EXTERNAL MODULE: ./node_modules/leven/index.js
var leven = __webpack_require__(7785);
;// CONCATENATED MODULE: ./src/inputs/undeclared.ts

/** Inputs of the interface that this version does not have yet, by what they belong to. */
const LATER = {
    'the plan on the pull request': ['comment'],
    'GitHub deployments': ['github-deployment'],
    'Deployment previews': [
        'preview-name',
        'preview-overrides',
        'preview-ttl',
        'cleanup-on-failure',
        'copy-connections',
        'copy-airflow-variables',
        'copy-pools',
    ],
    'waking a hibernating Deployment': ['wake-on-deploy'],
    'dbt projects and other bundles': [
        'mount-path',
        'bundle-type',
        'bundle-trigger-paths',
        'dag-bundle-name',
        'no-dags-base-dir',
    ],
    'several Deployments in one step': ['deployments-file', 'max-parallel', 'continue-on-failure'],
    'the status of a Deployment': ['expect-commit'],
};
const FEATURE_OF = new Map(Object.entries(LATER).flatMap(([feature, inputs]) => inputs.map((input) => [input, feature])));
/**
 * A problem for each input of the step that no `inputs:` of action.yml declares: the runner hands it on with a warning that is
 * easily overlooked. One of a later version that asks for nothing (empty or `false`) is let pass.
 *
 * @param env holds an input as `INPUT_` and its name in capitals
 */
function undeclaredInputs(env, declared) {
    return Object.entries(env).flatMap(([variable, value = '']) => {
        const [, name] = /^INPUT_(.+)$/i.exec(variable) ?? [];
        const input = name?.toLowerCase();
        if (input === undefined || declared.has(input))
            return [];
        const feature = FEATURE_OF.get(input);
        if (feature === undefined)
            return [undeclared_unknown(input, declared)];
        const asksForNothing = ['', 'false'].includes(value.trim().toLowerCase());
        return asksForNothing ? [] : [unsupported(input, feature)];
    });
}
function undeclared_unknown(input, declared) {
    const nearest = nearestName(input.replaceAll(/[_\s]/g, '-'), [...declared]);
    const hint = nearest === undefined ? '' : `; the nearest is ${nearest}`;
    return { code: 'ASTRO-INPUT-UNKNOWN', input, problem: `there is no such input${hint}` };
}
/** What was misspelt, else what is a part of the other, else what looks most alike. */
function nearestName(name, known) {
    return ((0,leven/* closestMatch */.h)(name, known, { maxDistance: 2 }) ??
        known.find((one) => one.includes(name) || name.includes(one)) ??
        (0,leven/* closestMatch */.h)(name, known));
}
function unsupported(input, feature) {
    const problem = `this version does not support ${feature} yet`;
    return { code: 'ASTRO-INPUT-UNSUPPORTED', input, problem };
}

;// CONCATENATED MODULE: ./src/inputs.ts














const INPUT_DEFAULTS = {
    action: 'deploy',
    'deploy-type': 'infer',
    'root-folder': '.',
    'dags-path': 'dags',
    'dry-run': 'false',
    'allow-empty-dags': 'false',
    'environment-mode': 'merge',
    wait: 'true',
    'wait-time': '10m',
    'rollback-on-failure': 'false',
    'skip-unchanged': 'false',
    parse: 'false',
    pytest: 'false',
    'pytest-file': 'tests/',
    force: 'false',
    'deploy-image': 'false',
    'github-token': '${{ github.token }}',
    verify: 'true',
    check: 'true',
    'run-dag-conf': '{}',
    'run-dag-timeout': '10m',
    'run-dag-unpause': 'false',
};
/** What deploy-action calls an image name that is not given. */
const NO_IMAGE_NAME = 'no-custom-image';
/** What the three words mean, for `verify` and `check`. */
const STRICTNESS = { true: 'fail', warn: 'warn', false: 'no' };
const AIRFLOW = { '': undefined, '2': 2, '3': 3 };
/** What the runner hands on. */
function inputsOfStep(env) {
    return { input: (name) => core/* getInput */.V4(name, { trimWhitespace: false }), env };
}
/**
 * The only reader of inputs: typed and frozen, with sentences for inputs that have no effect as they are combined. `hide`
 * gets every credential and secret value before anything else happens. Throws one ActionError that lists every problem.
 */
function readInputs(hide, source) {
    const problems = [...readProxies(source.env).problems];
    const declared = new Set(NO_EFFECT);
    const input = (name) => {
        declared.add(name);
        const value = source.input(name);
        return name === 'image-name' && value.trim() === NO_IMAGE_NAME ? '' : value;
    };
    const text = (name) => input(name).trim();
    const optional = (name) => text(name) || undefined;
    const orDefault = (name) => text(name) || (INPUT_DEFAULTS[name] ?? '');
    function take(name, code, parsed, fallback) {
        if ('value' in parsed)
            return parsed.value;
        problems.push({ code, input: name, problem: parsed.problem });
        return fallback;
    }
    const boolean = (name) => take(name, 'ASTRO-INPUT-BOOLEAN', parseBoolean(orDefault(name)), false);
    const path = (name) => take(name, 'ASTRO-INPUT-PATH', parseRelativePath(orDefault(name)), '');
    const id = (name) => take(name, 'ASTRO-INPUT-ID', parseId(text(name)), undefined);
    const credentials = chooseCredentials({ keyId: text('key-id'), keySecret: text('key-secret'), apiToken: text('api-token') }, source.env, hide);
    function word(name, known, later, fallback) {
        const given = orDefault(name);
        if (!later.includes(given))
            return take(name, 'ASTRO-INPUT-CHOICE', parseChoice(given, known), fallback);
        const problem = `${(0,src_errors/* quote */.hD)(given)} is not yet supported; this version knows ${known.join(', ')}`;
        problems.push({ code: 'ASTRO-INPUT-UNSUPPORTED', input: name, problem });
        return fallback;
    }
    const action = word('action', ACTIONS, LATER_ACTIONS, 'deploy');
    if ('problems' in credentials && action !== 'check')
        problems.push(...credentials.problems);
    const wished = word('deploy-type', DEPLOY_TYPES, LATER_DEPLOY_TYPES, 'infer');
    const deployType = take('deploy-image', 'ASTRO-INPUT-CHOICE', withDeployImage(wished, boolean('deploy-image')), wished);
    const domain = parseDomain(text('domain') || (source.env.ASTRO_DOMAIN ?? ''));
    if (typeof domain === 'string') {
        problems.push({ code: 'ASTRO-INPUT-DOMAIN', input: 'domain', problem: domain });
    }
    const environment = readEnvironmentWish({
        plain: input('environment-variables'),
        secret: input('secret-environment-variables'),
        files: input(FILE_INPUT),
        mode: take('environment-mode', 'ASTRO-INPUT-CHOICE', parseChoice(orDefault('environment-mode'), ENVIRONMENT_MODES), 'merge'),
        isWholeAction: action === 'update-environment-variables',
        workspace: source.env.GITHUB_WORKSPACE ?? process.cwd(),
    }, hide);
    problems.push(...environment.problems);
    const wait = boolean('wait');
    const strictness = (name) => take(name, 'ASTRO-INPUT-CHOICE', parseChoice(orDefault(name).toLowerCase(), ['true', 'warn', 'false']), 'true');
    const verify = strictness('verify');
    const check = strictness('check');
    const checkAirflow = take('check-airflow', 'ASTRO-INPUT-CHOICE', text('check-airflow') === '' ? { value: '' } : parseChoice(text('check-airflow'), ['2', '3']), '');
    const runDag = readRunDag({
        dagId: text('run-dag'),
        conf: orDefault('run-dag-conf'),
        timeout: orDefault('run-dag-timeout'),
        unpause: orDefault('run-dag-unpause'),
        unprovedBy: action !== 'deploy' ? undefined : !wait ? 'wait' : verify === 'false' ? 'verify' : undefined,
    });
    const target = readTarget(id('deployment-id'), take('deployment-name', 'ASTRO-INPUT-LENGTH', parseText(text('deployment-name')), undefined));
    problems.push(...runDag.problems, ...target.problems);
    const waitTime = take('wait-time', 'ASTRO-INPUT-DURATION', parseDuration(orDefault('wait-time')), 0);
    const githubToken = optional('github-token');
    if (githubToken !== undefined)
        hide(githubToken);
    const inputs = {
        action,
        organizationId: id('organization-id'),
        workspaceId: id('workspace'),
        target: target.wish,
        deployType,
        rootFolder: path('root-folder'),
        dagsPath: path('dags-path'),
        description: take('description', 'ASTRO-INPUT-LENGTH', parseText(text('description')), undefined),
        dryRun: boolean('dry-run'),
        allowEmptyDags: boolean('allow-empty-dags'),
        environment: environment.wish,
        waitMs: wait ? waitTime : undefined,
        deployId: id('deploy-id'),
        rollbackOnFailure: boolean('rollback-on-failure'),
        skipUnchanged: boolean('skip-unchanged'),
        imageTriggerPaths: parseGlobs(text('image-trigger-paths')),
        imageName: optional('image-name'),
        buildArgs: take('build-args', 'ASTRO-INPUT-BUILD', parseBuildArgs(text('build-args')), []),
        buildSecrets: take('build-secrets', 'ASTRO-INPUT-BUILD', parseBuildSecrets(text('build-secrets')), []),
        parse: boolean('parse'),
        pytest: boolean('pytest'),
        pytestFile: path('pytest-file'),
        force: boolean('force'),
        githubToken,
        verify: STRICTNESS[verify],
        check: action === 'check' && check === 'false' ? 'fail' : STRICTNESS[check],
        checkAirflow: AIRFLOW[checkAirflow],
        checkSarif: text('check-sarif') === '' ? undefined : path('check-sarif'),
        runDag: runDag.wish,
    };
    problems.push(...undeclaredInputs(source.env, declared));
    if (problems.length > 0 || typeof domain === 'string')
        throw inputError(problems);
    const given = (name) => text(name) !== '' && text(name) !== INPUT_DEFAULTS[name];
    return {
        inputs: Object.freeze({
            ...inputs,
            domain,
            credentials: action === 'check' || 'problems' in credentials ? undefined : credentials,
        }),
        warnings: [...environment.warnings, ...ineffectiveInputs(inputs, given)],
        notices: boolean('deploy-image') && action === 'deploy'
            ? [
                '`deploy-image: true` is the old name of `deploy-type: image-and-dags`, which is what is deployed.',
            ]
            : [],
    };
}
/** `deploy-image: true` is the old name of a deploy type. */
function withDeployImage(type, isWanted) {
    if (!isWanted)
        return { value: type };
    return type === 'infer' || type === 'image-and-dags'
        ? { value: 'image-and-dags' }
        : { problem: `it is the old name of \`deploy-type: image-and-dags\`, and \`deploy-type\` is ${type}` };
}
function inputError(problems) {
    const [first] = problems;
    const list = problems.map(({ code, input, problem }) => `- ${input}: ${problem} [${code}]`).join('\n');
    return new src_errors/* ActionError */.lZ({
        code: first?.code ?? 'ASTRO-INPUT-CHOICE',
        problem: problems.length === 1
            ? 'An input of this step cannot be used.'
            : `${problems.length} inputs of this step cannot be used.`,
        observed: list,
        fix: 'Correct the `with:` block (or the environment) of the step. Nothing was sent to Astro.',
    });
}

// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
;// CONCATENATED MODULE: ./src/project/gzip.ts




const deflate = (0,external_node_util_.promisify)(external_node_zlib_.deflateRaw);
/** How far back a match of deflate may reach. */
const WINDOW_BYTES = 32 * 1024;
/** gzip's magic, deflate, no flags, no time, no extra flags, unknown operating system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** A last block of deflate that is empty. */
const LAST_BLOCK = Buffer.from([3, 0]);
/**
 * One block more than there are processors keeps them busy while the next block is handed over. libuv's pool has four
 * threads unless the user changed that, and name lookups of the upload need one of them.
 */
const gzip_BLOCKS_AT_ONCE = Math.min(3, (0,external_node_os_.availableParallelism)() + 1);
/**
 * Compresses blocks side by side into one ordinary gzip member, in order. Every block is deflated on its own, with the
 * end of the block before as its dictionary, and ended by a sync flush, which puts the next one on a byte boundary.
 *
 * @param blocks of any size; about a megabyte is best. The Buffers that come out may be given to `release`
 * @param onDeflated takes each block back when it is no longer needed
 */
async function* gzip(blocks, onDeflated = () => undefined) {
    const underWay = [];
    const window = Buffer.allocUnsafe(WINDOW_BYTES);
    let windowBytes = 0;
    let checksum = 0;
    let size = 0;
    yield HEADER;
    for await (const block of blocks) {
        checksum = (0,external_node_zlib_.crc32)(block, checksum);
        size += block.length;
        const deflated = deflateBlock(block, window.subarray(0, windowBytes)).finally(() => onDeflated(block));
        // A failure is thrown where its turn comes, which may be later, or never if the consumer leaves.
        deflated.catch(() => undefined);
        underWay.push(deflated);
        windowBytes = block.copy(window, 0, Math.max(0, block.length - WINDOW_BYTES));
        const oldest = underWay.length === gzip_BLOCKS_AT_ONCE ? underWay.shift() : undefined;
        if (oldest)
            yield await oldest;
    }
    for (const deflated of underWay)
        yield await deflated;
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(checksum, 0);
    trailer.writeUInt32LE(size % 2 ** 32, 4);
    yield Buffer.concat([LAST_BLOCK, trailer]);
}
/** zlib copies the dictionary before this returns. */
async function deflateBlock(block, dictionary) {
    // Room for the whole output, so that it comes in one trip to the pool: what cannot be compressed grows a little.
    const chunkSize = block.length + (block.length >> 10) + 1024;
    const deflated = await deflate(block, {
        // With `flush` set too, the only write is the flush, and its output stays in the one Buffer that zlib allocates.
        flush: external_node_zlib_.constants.Z_SYNC_FLUSH,
        finishFlush: external_node_zlib_.constants.Z_SYNC_FLUSH,
        // A larger buffer of symbols than zlib's usual one: about a sixth less time for content that compresses badly.
        memLevel: external_node_zlib_.constants.Z_MAX_MEMLEVEL,
        chunkSize,
        ...(dictionary.length > 0 ? { dictionary } : {}),
    });
    return deflated.byteOffset === 0 && deflated.buffer.byteLength === chunkSize ? owned(deflated) : deflated;
}

;// CONCATENATED MODULE: ./src/project/read-ahead.ts

/**
 * Starts reading a stream at once and keeps reading until `chunks` of its chunks wait, whether or not anybody takes them
 * yet. A failure reaches whoever reads; an aborted signal ends the source and is thrown as its reason.
 */
function readAhead(source, chunks, signal) {
    const waiting = external_node_stream_.Readable.from(source, { highWaterMark: chunks });
    const stop = () => void waiting.destroy(signal?.reason);
    if (signal?.aborted)
        stop();
    signal?.addEventListener('abort', stop, { once: true });
    waiting.once('close', () => signal?.removeEventListener('abort', stop));
    waiting.on('error', () => undefined);
    waiting.read(0);
    return waiting;
}

;// CONCATENATED MODULE: ./src/project/tar-header.ts
const TAR_BLOCK_BYTES = 512;
const NAME = { at: 0, bytes: 100 };
const LINK_NAME = { at: 157, bytes: 100 };
const CHECKSUM = { at: 148, bytes: 8 };
/** The largest number that 11 octal digits hold: sizes up to 8 GiB, times up to the year 2242. */
const LARGEST_NUMBER = 8 ** 11 - 1;
/**
 * The header of an entry in POSIX tar (ustar), owned by nobody in particular (IDs 0, no names): one block, or three when
 * something does not fit there and goes in an extended header (pax) before it. The content comes right after it, padded
 * to whole blocks.
 */
function tarHeader(entry) {
    const size = entry.kind === 'file' ? entry.size : 0;
    const target = entry.kind === 'link' ? entry.target : '';
    const seconds = Math.floor(entry.mtime.getTime() / 1000);
    const extended = [
        ...(fitsText(entry.path, NAME.bytes) ? [] : [record('path', entry.path)]),
        ...(fitsText(target, LINK_NAME.bytes) ? [] : [record('linkpath', target)]),
        ...(fitsNumber(size) ? [] : [record('size', String(size))]),
        ...(fitsNumber(seconds) ? [] : [record('mtime', String(seconds))]),
    ];
    const type = entry.kind === 'file' ? '0' : '2';
    const header = block({ path: entry.path, mode: entry.mode, size, seconds, type, target });
    if (extended.length === 0)
        return header;
    const records = Buffer.concat(extended);
    return Buffer.concat([
        block({ path: 'PaxHeader', mode: 0o644, size: records.length, seconds, type: 'x', target: '' }),
        records,
        Buffer.alloc(paddingAfter(records.length)),
        header,
    ]);
}
/** Bytes of zeros after a content of `size` bytes. */
function paddingAfter(size) {
    return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}
function block(fields) {
    const header = Buffer.alloc(TAR_BLOCK_BYTES);
    writeText(header, NAME, fields.path);
    header.write(octal(fields.mode, 7), 100, 'latin1');
    header.write(octal(0, 7), 108, 'latin1');
    header.write(octal(0, 7), 116, 'latin1');
    header.write(octal(fields.size, 11), 124, 'latin1');
    header.write(octal(fields.seconds, 11), 136, 'latin1');
    header.write(fields.type, 156, 'latin1');
    writeText(header, LINK_NAME, fields.target);
    header.write('ustar\x0000', 257, 'latin1');
    header.fill(' ', CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${octal(sum, 6)}\0 `, CHECKSUM.at, 'latin1');
    return header;
}
/** Only the start of what does not fit: readers take the extended header's text instead. */
function writeText(header, field, text) {
    header.write(text, field.at, field.bytes, 'utf8');
}
function octal(value, digits) {
    return Math.min(Math.max(value, 0), LARGEST_NUMBER).toString(8).padStart(digits, '0');
}
/** Plain ASCII that fits in its field: everything else depends on how the reader decodes it. */
function fitsText(text, bytes) {
    return text.length <= bytes && /^[\x20-\x7e]*$/.test(text);
}
function fitsNumber(value) {
    return value >= 0 && value <= LARGEST_NUMBER;
}
/** `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record in bytes, its own digits included. */
function record(key, value) {
    const rest = Buffer.from(` ${key}=${value}\n`);
    let length = rest.length;
    while (length !== rest.length + String(length).length)
        length = rest.length + String(length).length;
    return Buffer.concat([Buffer.from(String(length)), rest]);
}

;// CONCATENATED MODULE: ./src/project/tar-blocks.ts




const tar_blocks_BLOCK_BYTES = 1024 * 1024;
const END_OF_ARCHIVE_BYTES = 1024;
/**
 * A tar archive in blocks of a megabyte. The content of files is read straight into its place in the block, and a block
 * that `idle` has is used again, so the archive passes through a few megabytes of memory whatever its size is.
 *
 * Files are read synchronously: for the many small files of a DAG folder, which the checkout has just written, that
 * takes a fifth of the processor time of asynchronous reads, which then goes to the compression. A block takes about a
 * millisecond, and the event loop has its turn between blocks.
 *
 * @param extra files to add after those of the folder; awaited when these are through
 * @throws ActionError ASTRO-DAGS-CHANGED when a file is no longer what it was when it was listed, ASTRO-DAGS-UNREADABLE
 */
async function* tarBlocks(files, extra, idle) {
    const out = { idle, block: undefined, used: 0 };
    for (const file of files) {
        yield* put(out, tarHeader(file));
        if (file.kind === 'file') {
            yield* putContent(out, file);
            yield* put(out, Buffer.alloc(paddingAfter(file.size)));
        }
    }
    const taken = new Set(files.map((file) => file.path));
    for (const { path, content } of await extra) {
        if (taken.has(path))
            continue;
        const bytes = Buffer.from(content);
        yield* put(out, tarHeader({ kind: 'file', path, size: bytes.length, mode: 0o644, mtime: new Date() }));
        yield* put(out, bytes);
        yield* put(out, Buffer.alloc(paddingAfter(bytes.length)));
    }
    yield* put(out, Buffer.alloc(END_OF_ARCHIVE_BYTES));
    if (out.block && out.used > 0)
        yield out.block.subarray(0, out.used);
}
function room(out) {
    out.block ??= out.idle.pop() ?? allocate(tar_blocks_BLOCK_BYTES);
    return out.block;
}
/** Moves the end of what was written; the block, once it is full. */
function* advance(out, bytes) {
    out.used += bytes;
    if (!out.block || out.used < out.block.length)
        return;
    const full = out.block;
    out.block = undefined;
    out.used = 0;
    yield full;
}
function* put(out, bytes) {
    for (let taken = 0; taken < bytes.length;) {
        const copied = bytes.copy(room(out), out.used, taken);
        taken += copied;
        yield* advance(out, copied);
    }
}
function* putContent(out, file) {
    const descriptor = openFile(file);
    try {
        for (let position = 0; position < file.size;) {
            const block = room(out);
            const wanted = Math.min(block.length - out.used, file.size - position);
            const read = readFile(file, descriptor, block, out.used, wanted);
            if (read === 0)
                throw changed(file);
            position += read;
            yield* advance(out, read);
        }
        const now = (0,external_node_fs_.fstatSync)(descriptor);
        if (now.size !== file.size || now.mtime.getTime() !== file.mtime.getTime())
            throw changed(file);
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}
/** Windows has no such flag. */
const NO_FOLLOW = external_node_fs_.constants.O_NOFOLLOW;
/** Without following a link: the file may have been replaced by one since it was listed. */
function openFile(file) {
    try {
        return (0,external_node_fs_.openSync)(file.absolutePath, external_node_fs_.constants.O_RDONLY | (NO_FOLLOW ?? 0));
    }
    catch (error) {
        throw tar_blocks_unreadable(file, error);
    }
}
function readFile(file, descriptor, into, at, bytes) {
    try {
        return (0,external_node_fs_.readSync)(descriptor, into, at, bytes, null);
    }
    catch (error) {
        throw tar_blocks_unreadable(file, error);
    }
}
function changed(file) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-CHANGED',
        problem: `The file ${file.absolutePath} changed while it was packed.`,
        observed: `When the DAG folder was listed it had ${file.size} bytes, last changed at ${file.mtime.toISOString()}.`,
        likelyCause: 'A program of an earlier step still runs in the background and writes into the DAG folder.',
        fix: 'Let every step that writes into the DAG folder finish before this one.',
    });
}
function tar_blocks_unreadable(file, error) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-UNREADABLE',
        problem: `The file ${file.absolutePath} cannot be read.`,
        observed: (0,src_errors/* describeError */.Uc)(error),
        likelyCause: 'It was removed or replaced after the DAG folder was listed, or belongs to another user.',
        fix: 'Let every step that writes into the DAG folder finish before this one.',
        cause: error,
    });
}

;// CONCATENATED MODULE: ./src/project/archive.ts




/** Chunks that wait for the consumer: a megabyte of content each. */
const CHUNKS_AHEAD = 8;
/**
 * The DAG folder as a tar.gz, one ordinary gzip member. Work starts at once and stays a few megabytes ahead of the
 * consumer, so that it overlaps with what comes before the upload. To be read once.
 *
 * @param options.extra files that are appended, unless the folder has one of that name; may still be unknown when the
 *   work starts
 * @throws ActionError ASTRO-DAGS-CHANGED when a file is no longer what it was when the folder was read,
 *   ASTRO-DAGS-UNREADABLE; the signal's reason; whatever `extra` rejects with
 */
function packDagFolder(folder, options = {}) {
    const extra = Promise.resolve(options.extra ?? []);
    extra.catch(() => undefined);
    return readAhead(compress(folder, extra), CHUNKS_AHEAD, options.signal);
}
async function* compress(folder, extra) {
    const idle = [];
    yield* gzip(tarBlocks(folder.files, extra, idle), (block) => {
        idle.push(Buffer.from(block.buffer));
    });
    for (const block of idle)
        release(block);
}

;// CONCATENATED MODULE: ./src/project/dag-folder-errors.ts


const dag_folder_errors_LISTED = 10;
const toTarget = (problem) => `${problem.inside} -> ${problem.detail}`;
const dag_folder_errors_TEXTS = {
    outside: {
        code: 'ASTRO-DAGS-LINK-OUTSIDE',
        what: 'has a link that leaves the folder',
        line: toTarget,
        likelyCause: 'Only what is inside of the DAG folder is shipped, so Airflow would find nothing at the end of the link.',
        fix: 'Copy the target into the DAG folder (in a step before this one, if it must stay shared), or remove the link.',
    },
    dangling: {
        code: 'ASTRO-DAGS-LINK-BROKEN',
        what: 'has a link that leads nowhere',
        line: toTarget,
        likelyCause: 'The target is not in this checkout: a submodule that was not fetched, a file that an earlier step should have generated, or links that point at each other.',
        fix: 'Provide the target before this step (for submodules: `submodules: true` of actions/checkout), or remove the link.',
    },
    'left-out': {
        code: 'ASTRO-DAGS-LINK-BROKEN',
        what: 'has a link to something that is never shipped',
        line: toTarget,
        likelyCause: 'Nothing named .git, __pycache__ or *.pyc is shipped, and no credentials of other actions, so the link would lead nowhere in Airflow.',
        fix: 'Link to the source instead, or remove the link.',
    },
    type: {
        code: 'ASTRO-DAGS-FILE-TYPE',
        what: 'has something in it that is neither a file, a folder nor a link',
        line: (problem) => `${problem.inside} is ${problem.detail}`,
        likelyCause: 'A program that ran in an earlier step left it there.',
        fix: 'Remove it, or point dags-path at a folder that holds DAGs only.',
    },
    name: {
        code: 'ASTRO-DAGS-FILE-NAME',
        what: 'has a name in it that is not valid UTF-8',
        line: (problem) => `${problem.inside} (${problem.detail})`,
        likelyCause: 'The file was named by a program that used another character encoding.',
        fix: 'Rename it. Python and Airflow would not find it by the same name.',
    },
    unreadable: {
        code: 'ASTRO-DAGS-UNREADABLE',
        what: 'cannot be read completely',
        line: (problem) => `${problem.inside || '.'}: ${problem.detail}`,
        likelyCause: 'An earlier step wrote it as another user (a container that runs as root is the usual one).',
        fix: 'Give the user of the runner read access, for example with chmod or chown in a step before this one.',
    },
};
/** One error for the first kind of problem (by path), with all entries of that kind in it. */
function entryProblems(folder, problems) {
    const byPath = problems.toSorted((a, b) => (a.inside < b.inside ? -1 : 1));
    const about = byPath[0]?.about ?? 'unreadable';
    const text = dag_folder_errors_TEXTS[about];
    const lines = byPath.filter((problem) => problem.about === about).map(text.line);
    const more = lines.length > dag_folder_errors_LISTED ? [`and ${lines.length - dag_folder_errors_LISTED} more`] : [];
    return new src_errors/* ActionError */.lZ({
        code: text.code,
        problem: `The DAG folder ${folder} ${text.what}.`,
        observed: [...lines.slice(0, dag_folder_errors_LISTED), ...more].join('\n'),
        likelyCause: text.likelyCause,
        fix: text.fix,
    });
}
function folderMissing(folder, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-FOLDER-MISSING',
        problem: `The DAG folder ${folder} does not exist.`,
        observed,
        likelyCause: 'The repository was not checked out before this step, or the folder is called differently.',
        fix: 'Run actions/checkout first, and set root-folder (the Astro project) and dags-path (the folder inside of it).',
    });
}
function folderIsNoFolder(folder) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-FOLDER-NOT-FOLDER',
        problem: `The DAG folder ${folder} is not a folder.`,
        likelyCause: 'dags-path names a file. On Windows, a link in the repository is checked out as a small text file.',
        fix: 'Set dags-path to the folder that holds the DAG files.',
    });
}
function folderOutside(folder, root, workspace) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-FOLDER-OUTSIDE',
        problem: `The DAG folder ${folder} leads out of the workspace.`,
        observed: `It ends at ${root}; the workspace is ${workspace}.`,
        likelyCause: 'It is a link, or lies behind a link, to another place on the machine.',
        fix: 'Keep the DAGs in the repository, or copy them into the workspace in a step before this one.',
    });
}
function folderUnreadable(folder, observed) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-UNREADABLE',
        problem: `The DAG folder ${folder} cannot be read.`,
        observed,
        likelyCause: dag_folder_errors_TEXTS.unreadable.likelyCause,
        fix: dag_folder_errors_TEXTS.unreadable.fix,
    });
}
function emptyFolder(folder) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-DAGS-EMPTY',
        problem: `The DAG folder ${folder.root} has no DAG file in it. Deploying it would remove every DAG of the Deployment.`,
        observed: whatWasFound(folder),
        likelyCause: 'dags-path or root-folder names another folder than the one with the DAGs.',
        fix: 'A DAG file is one whose name ends in .py or .zip. Set dags-path to the folder that has them, or set allow-empty-dags to true if all DAGs are to be removed.',
    });
}
function whatWasFound(folder) {
    const names = folder.files.map((file) => external_node_path_.posix.relative('dags', file.path));
    const found = names.length === 0 ? 'It is empty' : `In it: ${(0,src_errors/* listSome */.XT)(names, dag_folder_errors_LISTED)}`;
    const leftOut = folder.leftOutCount === 0
        ? ''
        : `, not counting ${folder.leftOutCount} of what is never shipped (.git, __pycache__, *.pyc)`;
    return `${found}${leftOut}.`;
}

;// CONCATENATED MODULE: ./src/project/dag-folder.ts









const PERMISSIONS = 0o7777;
/** A few milliseconds of work. */
const ENTRIES_A_TURN = 256;
/**
 * Reads what is in a DAG folder, without the content of its files. Synchronously, in turns of a few milliseconds: for
 * 10,000 files that takes half the time and half the memory of asynchronous calls, whose promises are most of the work.
 *
 * @param folder absolute, or relative to the working directory; it may be a link that ends inside the workspace
 * @param options.workspace the folder that nothing is shipped from outside of
 * @throws ActionError ASTRO-DAGS-FOLDER-MISSING, -NOT-FOLDER, -OUTSIDE or -UNREADABLE for the folder itself;
 *   ASTRO-DAGS-LINK-OUTSIDE, ASTRO-DAGS-LINK-BROKEN, ASTRO-DAGS-FILE-TYPE, -FILE-NAME or -UNREADABLE for what is in it,
 *   naming all entries of that kind
 */
async function readDagFolder(folder, options) {
    // The caller's requests go first.
    await (0,promises_.setImmediate)();
    const root = resolveRoot(folder, options.workspace);
    const findings = { files: [], problems: [], credentialFiles: [], leftOutCount: 0 };
    const folders = [{ absolutePath: root, inside: '' }];
    let seen = 0;
    for (let next = folders.pop(); next; next = folders.pop()) {
        for (const entry of listFolder(next, findings)) {
            if (readEntry(root, entry, findings) === 'folder')
                folders.push(entry);
            if (++seen % ENTRIES_A_TURN === 0)
                await (0,promises_.setImmediate)();
        }
    }
    if (findings.problems.length > 0)
        throw entryProblems(folder, findings.problems);
    const files = sortedByBytes(findings.files);
    return {
        root,
        files,
        totalBytes: files.reduce((sum, file) => sum + (file.kind === 'file' ? file.size : 0), 0),
        dagFileCount: files.filter((file) => (0,dag_file/* isDagFileName */.E)(file.path)).length,
        leftOutCount: findings.leftOutCount,
        ...(findings.credentialFiles.length === 0 ? {} : { credentialFiles: findings.credentialFiles }),
    };
}
/**
 * The check between a folder and its archive: a bundle without DAG files removes every DAG of the Deployment.
 *
 * @throws ActionError ASTRO-DAGS-EMPTY unless there is a DAG file or `allowEmptyDags` is true
 */
function requireDags(folder, options) {
    if (folder.dagFileCount === 0 && !options.allowEmptyDags)
        throw emptyFolder(folder);
}
function resolveRoot(folder, workspace) {
    let root;
    let isFolder;
    try {
        root = external_node_fs_.realpathSync.native(folder);
        isFolder = (0,external_node_fs_.statSync)(root).isDirectory();
    }
    catch (error) {
        throw leadsNowhere(error)
            ? folderMissing(folder, (0,src_errors/* describeError */.Uc)(error))
            : folderUnreadable(folder, (0,src_errors/* describeError */.Uc)(error));
    }
    if (!isFolder)
        throw folderIsNoFolder(folder);
    if (!isInside(external_node_fs_.realpathSync.native(workspace), root))
        throw folderOutside(folder, root, workspace);
    return root;
}
function listFolder(parent, findings) {
    const entries = [];
    try {
        for (const bytes of (0,external_node_fs_.readdirSync)(parent.absolutePath, { encoding: 'buffer' })) {
            const name = bytes.toString('utf8');
            const inside = parent.inside === '' ? name : `${parent.inside}/${name}`;
            if ((0,left_behind/* isCredentialFile */.S)(name))
                findings.credentialFiles.push(toForwardSlashes(inside));
            if ((0,dag_file/* isLeftOut */.W)(name))
                findings.leftOutCount++;
            else if (!(0,external_node_buffer_.isUtf8)(bytes))
                findings.problems.push({ about: 'name', inside, detail: quotedBytes(bytes) });
            else
                entries.push({ absolutePath: external_node_path_.join(parent.absolutePath, name), inside });
        }
    }
    catch (error) {
        findings.problems.push({ about: 'unreadable', inside: parent.inside, detail: (0,src_errors/* describeError */.Uc)(error) });
    }
    return entries;
}
/** Adds an entry to the findings, unless it is a folder. */
function readEntry(root, entry, findings) {
    const { absolutePath, inside } = entry;
    try {
        const stats = (0,external_node_fs_.lstatSync)(absolutePath);
        if (stats.isDirectory())
            return 'folder';
        if (stats.isSymbolicLink()) {
            readLink(root, entry, stats, findings);
        }
        else if (stats.isFile()) {
            (0,external_node_fs_.accessSync)(absolutePath, external_node_fs_.constants.R_OK);
            findings.files.push({ kind: 'file', absolutePath, size: stats.size, ...common(inside, stats) });
        }
        else {
            findings.problems.push({ about: 'type', inside, detail: typeName(stats) });
        }
    }
    catch (error) {
        findings.problems.push({ about: 'unreadable', inside, detail: (0,src_errors/* describeError */.Uc)(error) });
    }
    return undefined;
}
function readLink(root, entry, stats, findings) {
    const { absolutePath, inside } = entry;
    const bytes = (0,external_node_fs_.readlinkSync)(absolutePath, { encoding: 'buffer' });
    const text = bytes.toString('utf8');
    if (!(0,external_node_buffer_.isUtf8)(bytes)) {
        findings.problems.push({ about: 'name', inside, detail: `link to ${quotedBytes(bytes)}` });
        return;
    }
    const end = endOf(absolutePath);
    const decision = decideLink({ root, parent: external_node_path_.dirname(absolutePath), text, end });
    if (decision.is === 'inside') {
        const link = { kind: 'link', target: decision.target, ...common(inside, stats) };
        findings.files.push(link);
    }
    else {
        const ends = end === undefined || end === external_node_path_.resolve(external_node_path_.dirname(absolutePath), text)
            ? ''
            : `, which ends at ${end}`;
        findings.problems.push({ about: decision.is, inside, detail: `${text}${ends}` });
    }
}
/** Where a link ends after all further links; undefined when that is nowhere. */
function endOf(link) {
    try {
        return external_node_fs_.realpathSync.native(link);
    }
    catch (error) {
        if (leadsNowhere(error))
            return undefined;
        throw error;
    }
}
/** ENOENT and ENOTDIR: nothing there; ELOOP: links that go round in circles. */
function leadsNowhere(error) {
    const { code } = error;
    return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
}
function common(inside, stats) {
    return { path: `dags/${toForwardSlashes(inside)}`, mtime: stats.mtime, mode: stats.mode & PERMISSIONS };
}
function typeName(stats) {
    if (stats.isFIFO())
        return 'a named pipe';
    if (stats.isSocket())
        return 'a socket';
    return 'a device';
}
/** The name as a shell would take it: every byte outside of printable ASCII as \xNN. */
function quotedBytes(bytes) {
    return bytes
        .toString('latin1')
        .replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
/** UTF-8 order, which is what other programs sort by; JavaScript's own differs for characters beyond U+FFFF. */
function sortedByBytes(files) {
    return files
        .map((file) => ({ file, key: Buffer.from(file.path) }))
        .sort((a, b) => Buffer.compare(a.key, b.key))
        .map(({ file }) => file);
}

;// CONCATENATED MODULE: ./src/project/clone.ts



const BRANCH = 'refs/heads/';
/** The clone that holds a folder, or why that is not known. A folder that is missing is looked for in those around it. */
async function readClone(git, folder) {
    const place = nearestFolder(folder);
    const parsed = await git(place, [
        'rev-parse',
        '--show-toplevel',
        '--show-prefix',
        'HEAD^{commit}',
        '--symbolic-full-name',
        'HEAD',
    ]);
    if (parsed.is !== 'done')
        return parsed;
    const [root = '', prefix = '', head = '', ref = ''] = parsed.output.split(/\r?\n/);
    if (root === '' || !isSha(head))
        return { is: 'failed', said: 'its answer has no commit' };
    const read = await readSettings(git, place);
    if ('is' in read)
        return read;
    const { settings } = read;
    if (settings.some(({ name }) => /^filter\..*=/s.test(name))) {
        return { is: 'failed', said: 'a filter has a name with "=" in it, which cannot be switched off' };
    }
    const below = external_node_path_.relative(place, folder).split(external_node_path_.sep);
    return {
        is: 'clone',
        clone: {
            head,
            root,
            prefix: [...prefix.split('/'), ...below].filter((name) => name !== '').join('/'),
            branch: ref.startsWith(BRANCH) ? ref.slice(BRANCH.length) : undefined,
            origin: settings.find(({ name }) => name === 'remote.origin.url')?.value,
            withoutFilters: switchOff(settings.map(({ name }) => name)),
        },
    };
}
/** Message, author and branch of what is checked out; undefined when git does not say. */
async function readLocalCommit(git, clone) {
    const { head: sha, branch, origin } = clone;
    // No setting changes what rev-list prints.
    const result = await git(clone.root, [
        'rev-list',
        '--max-count=1',
        '--encoding=UTF-8',
        '--format=%an%n%B',
        sha,
    ]);
    if (result.is !== 'done')
        return undefined;
    const [, authorName = '', ...message] = result.output.split('\n');
    return { sha, authorName, message: message.join('\n').trim(), branch, origin };
}
async function readSettings(git, folder) {
    const wanted = '^(remote\\.origin\\.url|filter\\..*)$';
    const result = await git(folder, ['config', '-z', '--get-regexp', wanted]);
    // Without such a setting it fails and says nothing.
    if (result.is !== 'done')
        return result.said === '' ? { settings: [] } : result;
    const settings = splitNul(result.output).map((entry) => {
        const [name = '', ...value] = entry.split('\n');
        return { name, value: value.join('\n') };
    });
    return { settings };
}
/**
 * A filter program is one of the user's machine: it may wait for a key, or for the network. What it would make of a file is not
 * needed to see whether the file is still what git wrote.
 */
function switchOff(settings) {
    const filters = new Set(settings.flatMap((name) => /^filter\.(.+)\.[^.]+$/s.exec(name)?.[1] ?? []));
    return [...filters].flatMap((name) => ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => [
        '-c',
        `filter.${name}.${setting}`,
    ]));
}
function nearestFolder(folder) {
    const parent = external_node_path_.dirname(folder);
    return parent === folder || (0,external_node_fs_.existsSync)(folder) ? folder : nearestFolder(parent);
}

;// CONCATENATED MODULE: ./src/project/checkout.ts




const NOTHING = { uncommitted: [], holes: [], tracked: [], filtered: [], submodules: [] };
const SUBMODULE = '160000';
const LINK = '120000';
/**
 * Reads how the files in a folder of a clone differ from its commit. A generated file is deployed whether or not git knows it,
 * so it counts; what is missing because the checkout did not bring it is a hole. No file is read that git need not read.
 *
 * @param everywhere also outside of the folder
 */
async function readCheckout(git, clone, folder, everywhere) {
    const place = { git, clone, folder: (0,external_node_fs_.existsSync)(folder) ? folder : clone.root, everywhere };
    return readPart(place, 'submodule');
}
async function readPart(place, kind) {
    const { git, clone, folder, everywhere } = place;
    const where = everywhere ? ':/' : '.';
    const list = (...args) => git(folder, [...clone.withoutFilters, 'ls-files', '-z', '--full-name', ...args]);
    const [unknownFiles, ...answers] = await Promise.all([
        list('--others', '--', where),
        list('--stage', '-v', '--', where),
        list('--modified', '--', where),
        list('--', where, `:(${everywhere ? 'top,' : ''}exclude,attr:!filter)`),
        git(folder, [
            ...['diff-index', '--cached', '-z', '--name-only', '--no-renames'],
            ...['--ignore-submodules=none', 'HEAD', '--', where],
        ]),
    ]);
    const outputs = [];
    for (const answer of answers) {
        if (answer.is !== 'done')
            return answer;
        outputs.push(splitNul(answer.output));
    }
    const [listed = [], changed = [], filtered = [], staged = []] = outputs;
    const others = unknownFiles.is === 'done' ? splitNul(unknownFiles.output) : [];
    const entries = listed.flatMap(checkout_readEntry);
    const modified = new Set(await withoutWritten(place, new Set(changed), filtered));
    const files = entries.filter(({ mode }) => mode !== SUBMODULE);
    const isLeftOut = ({ path: file, isSkipped }) => isSkipped && !isThere(external_node_path_.join(clone.root, file));
    const own = {
        ...NOTHING,
        uncommitted: [
            ...staged,
            ...modified,
            ...others,
            ...(await checkout_differing(place, files.filter((entry) => entry.isUnwatched && !isLeftOut(entry)))),
        ],
        holes: [
            ...files.filter(isLeftOut).map(toHole('sparse')),
            ...files.filter((entry) => isTextForLink(clone.root, entry, modified)).map(toHole('link')),
        ],
        tracked: files.map(({ path: file }) => file),
        filtered,
    };
    const parts = [own];
    for (const { path: submodule, isSkipped } of entries.filter(({ mode }) => mode === SUBMODULE)) {
        parts.push(await readSubmodule(place, submodule, isSkipped ? 'sparse' : kind));
    }
    // A clone of another step's, which git names with a slash at its end.
    for (const other of others.filter((name) => name.endsWith('/'))) {
        parts.push({
            ...(await readInner(place, other.slice(0, -1), 'submodule')),
            submodules: [],
            uncommitted: [],
        });
    }
    return {
        is: 'read',
        checkout: merge(parts),
        unlisted: unknownFiles.is === 'done' ? undefined : unknownFiles,
    };
}
/** `H 100644 <ID> 0<tab><path>`: S is an entry that a sparse checkout left out, a small letter one that is taken on trust. */
function checkout_readEntry(line) {
    const [, tag = '', mode = '', oid = '', file = ''] = /^(\S) (\d+) ([0-9a-f]+) \d\t([^]*)$/.exec(line) ?? [];
    const isSkipped = tag.toUpperCase() === 'S';
    return file === ''
        ? []
        : [{ path: file, mode, oid, isSkipped, isUnwatched: isSkipped || /[a-z]/.test(tag) }];
}
/**
 * Of a submodule, git itself tells only that it is at another commit, and nothing at all when it was not fetched; it takes an
 * empty folder for one that nobody wants.
 */
async function readSubmodule(place, submodule, kind) {
    const { clone } = place;
    const content = contentOf(external_node_path_.join(clone.root, submodule));
    const found = { ...NOTHING, submodules: [submodule] };
    if (content.every((name) => name === '.git')) {
        const isUnmapped = kind !== 'sparse' && isMissingFrom(external_node_path_.join(clone.root, '.gitmodules'), submodule);
        return { ...found, holes: [{ path: submodule, kind: isUnmapped ? 'unmapped-submodule' : kind }] };
    }
    // An earlier step filled the folder by other means.
    if (!content.includes('.git'))
        return { ...found, uncommitted: [submodule] };
    return merge([found, await readInner(place, submodule, 'nested-submodule')]);
}
/** What is in a clone inside of a clone; when git does not say, it counts as changed. */
async function readInner({ git, clone }, inner, kind) {
    const folder = external_node_path_.join(clone.root, inner);
    const found = await readClone(git, folder);
    const unknown = { ...NOTHING, uncommitted: [inner] };
    // Git may speak of the repository around it.
    if (found.is !== 'clone' || found.clone.prefix !== '')
        return unknown;
    const result = await readPart({ git, clone: found.clone, folder, everywhere: false }, kind);
    if (result.is !== 'read')
        return unknown;
    const below = (name) => `${inner}/${name}`;
    const { holes, ...lists } = result.checkout;
    return {
        uncommitted: [...lists.uncommitted.map(below), ...(result.unlisted ? [inner] : [])],
        tracked: lists.tracked.map(below),
        filtered: lists.filtered.map(below),
        submodules: lists.submodules.map(below),
        holes: holes.map((hole) => ({ ...hole, path: below(hole.path) })),
    };
}
/**
 * Changed files without those that have a filter and are still as git wrote them. Without its program git cannot compare these
 * with the commit, which it wants to when a file is hardly older than the index.
 */
async function withoutWritten({ git, clone, folder }, changed, filtered) {
    const unsure = new Set(filtered.filter((file) => changed.has(file)));
    if (unsure.size === 0 || clone.withoutFilters.length === 0)
        return [...changed];
    const result = await git(folder, ['ls-files', '-z', '--full-name', '--debug', '--', ':/']);
    if (result.is !== 'done')
        return [...changed];
    const written = new Map([...result.output.matchAll(WRITTEN)].map(([, file = '', seconds, nanoseconds, size]) => [
        file,
        `${seconds}:${nanoseconds}:${size}`,
    ]));
    const isWritten = (file) => unsure.has(file) && written.get(file) === timeAndSize(external_node_path_.join(clone.root, file));
    return [...changed].filter((file) => !isWritten(file));
}
const WRITTEN = /([^\0]*)\0 {2}ctime: \d+:\d+\n {2}mtime: (\d+):(\d+)\n {2}dev: [^\n]*\n {2}uid: [^\n]*\n {2}size: (\d+)\t[^\n]*\n/g;
function timeAndSize(file) {
    const stats = (0,external_node_fs_.lstatSync)(file, { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.mtimeNs / 1000000000n}:${stats.mtimeNs % 1000000000n}:${stats.size}`;
}
/** Files that git was told not to look at and that are not what the commit has. */
async function checkout_differing({ git, clone }, entries) {
    const isFile = ({ path: file, mode }) => mode !== LINK && (0,external_node_fs_.lstatSync)(external_node_path_.join(clone.root, file), { throwIfNoEntry: false })?.isFile() === true;
    const files = entries.filter(isFile);
    if (entries.length === 0)
        return [];
    const result = await git(clone.root, [...clone.withoutFilters, 'hash-object', '--stdin-paths'], files.map(({ path: file }) => `${file}\n`).join(''));
    const hashes = result.is === 'done' ? result.output.split('\n') : [];
    const same = new Set(files.filter(({ oid }, index) => hashes[index] === oid));
    return entries.filter((entry) => !same.has(entry)).map(({ path: file }) => file);
}
/** Where links cannot be made, git writes what they say into a file, and takes that for the link. */
function isTextForLink(root, { path: file, mode }, modified) {
    if (mode !== LINK || modified.has(file))
        return false;
    return (0,external_node_fs_.lstatSync)(external_node_path_.join(root, file), { throwIfNoEntry: false })?.isFile() === true;
}
const toHole = (kind) => ({ path: file }) => ({ path: file, kind });
function isThere(file) {
    return (0,external_node_fs_.lstatSync)(file, { throwIfNoEntry: false }) !== undefined;
}
function contentOf(folder) {
    try {
        return (0,external_node_fs_.readdirSync)(folder);
    }
    catch {
        return [];
    }
}
/** Whether `.gitmodules` does not name the submodule. */
function isMissingFrom(gitmodules, submodule) {
    try {
        const paths = (0,external_node_fs_.readFileSync)(gitmodules, 'utf8').matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm);
        return ![...paths].some(([, named]) => named === submodule);
    }
    catch {
        return true;
    }
}
function merge(parts) {
    return {
        uncommitted: [...new Set(parts.flatMap(({ uncommitted }) => uncommitted))],
        holes: parts.flatMap(({ holes }) => holes),
        tracked: parts.flatMap(({ tracked }) => tracked),
        filtered: parts.flatMap(({ filtered }) => filtered),
        submodules: parts.flatMap(({ submodules }) => submodules),
    };
}

;// CONCATENATED MODULE: ./src/project/tree.ts






/**
 * Reads what the clone says of a project. Writes nothing.
 *
 * @param where.folder the project, absolute
 * @param where.projectPath the project inside its repository
 * @param where.everywhere whether files outside of the project matter too
 */
async function readProjectTree(git, where, reading = readClone(git, where.folder)) {
    const [found, projectPath, dockerIgnore, hasDockerfile] = await Promise.all([
        reading,
        where.projectPath,
        readDockerIgnoreText(where.folder),
        (0,external_node_fs_promises_.access)(external_node_path_.join(where.folder, 'Dockerfile')).then(() => true, () => false),
    ]);
    const clone = found.is === 'clone' ? found.clone : undefined;
    const dags = external_node_path_.join(where.folder, where.dagsPath);
    const named = external_node_path_.posix.join(projectPath, where.dagsPath).replace(/^\.$/, '');
    const linked = clone && (await endOfLink(clone.root, dags));
    const hasDagsElsewhere = linked === ELSEWHERE;
    const isLink = linked !== undefined && linked !== ELSEWHERE && linked !== named;
    const dagFolders = isLink ? [named, linked] : [named];
    const everywhere = where.everywhere || dagFolders.length > 1;
    const [read, elsewhere] = await Promise.all([
        found.is === 'clone' ? readCheckout(git, found.clone, where.folder, everywhere) : found,
        hasDagsElsewhere || found.is === 'no-clone' ? readElsewhere(git, dags) : undefined,
    ]);
    const checkout = read.is === 'read' ? read.checkout : undefined;
    const problem = read.is === 'read' ? read.unlisted : read;
    const { holes = [], tracked = [], filtered = [], submodules = [] } = checkout ?? {};
    const absolute = (root, files) => root === undefined ? [] : files.map((file) => external_node_path_.join(root, file));
    return {
        clone,
        uncommitted: problem ? undefined : checkout?.uncommitted,
        unknown: problem && {
            why: explainGit(problem),
            isTrouble: problem.is === 'refused' || problem.is === 'failed',
        },
        holes: [...holes, ...(elsewhere?.holes.map((hole) => ({ ...hole, path: join(named, hole.path) })) ?? [])],
        tracked,
        filtered: new Set([
            ...absolute(clone?.root, filtered),
            ...absolute(elsewhere?.root, elsewhere?.filtered ?? []),
        ]),
        precarious: [
            ...submodules.map((submodule) => ({ path: submodule, kind: 'submodule' })),
            ...filtered.map((file) => ({ path: file, kind: 'encrypted' })),
        ],
        ...{ dagFolders, hasDagsElsewhere, dockerIgnore },
        hasDockerfile: hasDockerfile || holes.some((hole) => hole.path === join(projectPath, 'Dockerfile')),
    };
}
/** What another clone than the project's says of the DAG folder; the holes are by paths from that folder. */
async function readElsewhere(git, dags) {
    const folder = await (0,external_node_fs_promises_.realpath)(dags).catch(() => undefined);
    if (folder === undefined)
        return undefined;
    const found = await readClone(git, folder);
    const read = found.is === 'clone' ? await readCheckout(git, found.clone, folder, false) : found;
    if (found.is !== 'clone' || read.is !== 'read')
        return undefined;
    const { root, prefix } = found.clone;
    const { holes, filtered } = read.checkout;
    return {
        ...{ root, filtered },
        holes: holes.map((hole) => ({ ...hole, path: external_node_path_.posix.relative(prefix, hole.path) })),
    };
}
const join = (folder, name) => (folder === '' ? name : `${folder}/${name}`);
/** A file of the Dockerfile's own comes before the common one. */
async function readDockerIgnoreText(folder) {
    for (const name of ['Dockerfile.dockerignore', '.dockerignore']) {
        try {
            return await (0,external_node_fs_promises_.readFile)(external_node_path_.join(folder, name), 'utf8');
        }
        catch {
            continue;
        }
    }
    return undefined;
}
const ELSEWHERE = Symbol('outside of the clone');
/** Where a folder really is, from the repository's root, or ELSEWHERE; undefined when it is not there. */
async function endOfLink(root, folder) {
    try {
        const [realRoot, end] = await Promise.all([(0,external_node_fs_promises_.realpath)(root), (0,external_node_fs_promises_.realpath)(folder)]);
        return isInside(realRoot, end) ? toForwardSlashes(external_node_path_.relative(realRoot, end)) : ELSEWHERE;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/project/prepare.ts









/** Starts reading the project and packing its DAGs. Nothing here writes anything, or leaves the machine. */
function prepareProject(deps, inputs) {
    const workspace = deps.env.GITHUB_WORKSPACE ?? process.cwd();
    const projectFolder = external_node_path_.join(workspace, inputs.rootFolder);
    const generated = Promise.withResolvers();
    const dagFolder = checkedDagFolder(external_node_path_.join(projectFolder, inputs.dagsPath), workspace, inputs.allowEmptyDags);
    const pack = async () => packDagFolder(await dagFolder, { extra: generated.promise, signal: deps.signal });
    const packed = inputs.dryRun || inputs.action === 'check' || inputs.deployType === 'image-only' ? undefined : pack();
    const clone = readClone(deps.git, projectFolder);
    const projectPath = clone.then((found) => (found.is === 'clone' ? found.clone.prefix : inputs.rootFolder));
    const where = {
        folder: projectFolder,
        projectPath,
        dagsPath: inputs.dagsPath,
        everywhere: inputs.imageTriggerPaths.length > 0,
    };
    const tree = readProjectTree(deps.git, where, clone);
    const project = {
        dagFolder,
        commit: findCommit(deps.env, deps.git, clone.then((found) => found.is === 'no-clone' && inputs.deployType !== 'image-only'
            ? readClone(deps.git, external_node_path_.join(projectFolder, inputs.dagsPath))
            : found)),
        projectPath,
        folder: projectFolder,
        tree,
        dagStandIns: inputs.deployType === 'image-only' ? Promise.resolve([]) : standInsAmong(dagFolder, tree),
        checked: inputs.check === 'no' ? undefined : readPython(deps, { ...inputs, folder: projectFolder, dagFolder }),
        credentialFiles: findCredentialFiles(projectFolder, inputs.dagsPath, dagFolder),
        bundle(files) {
            generated.resolve(files);
            return packed ?? pack();
        },
    };
    const { commit, dagStandIns } = project;
    for (const begun of [dagFolder, packed, commit, projectPath, tree, dagStandIns])
        begun?.catch(() => undefined);
    return project;
}
async function readPython(deps, project) {
    const { readProject } = await __webpack_require__.e(/* import() */ 50).then(__webpack_require__.bind(__webpack_require__, 7669));
    return readProject(deps, project);
}
async function checkedDagFolder(folder, workspace, allowEmptyDags) {
    const read = await readDagFolder(folder, { workspace });
    requireDags(read, { allowEmptyDags });
    return read;
}
/** @param reading the clone of the project, or that of the DAG folder alone */
async function findCommit(env, git, reading) {
    const [event, found] = await Promise.all([readEvent(env.GITHUB_EVENT_PATH), reading]);
    const local = found.is === 'clone' ? await readLocalCommit(git, found.clone) : undefined;
    return completeCommit(readCommit(env, event), local, env.GITHUB_SHA, readOwnRepository(env));
}
async function standInsAmong(dagFolder, tree) {
    const [{ files }, { filtered, dagFolders }] = await Promise.all([dagFolder, tree]);
    const [folder = ''] = dagFolders;
    const regular = files.flatMap((file) => (file.kind === 'file' ? [file] : []));
    return findStandIns(regular.map((file) => ({ ...file, path: external_node_path_.posix.join(folder, file.path.slice('dags/'.length)) })), filtered);
}
/** Actions leave them at the root of the workspace, which the project often is. */
async function findCredentialFiles(folder, dagsPath, dagFolder) {
    const [names, inDags] = await Promise.all([
        (0,external_node_fs_promises_.readdir)(folder).catch(() => []),
        dagFolder.then(({ credentialFiles = [] }) => credentialFiles, () => []),
    ]);
    return [
        ...new Set([
            ...names.filter(left_behind/* isCredentialFile */.S),
            ...inDags.map((inside) => external_node_path_.posix.join(dagsPath, inside)),
        ]),
    ];
}
/** The webhook event; undefined when there is none that can be read, for it only decorates the deploy. */
async function readEvent(file) {
    if (!file)
        return undefined;
    try {
        return JSON.parse(await (0,external_node_fs_promises_.readFile)(file, 'utf8'));
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/report/redacted.ts

/**
 * A copy of plain data (and ActionErrors in it) with every text redacted. To be made before anything is escaped: an escaped
 * secret is one that nobody knows any more.
 */
function redacted(data, redact) {
    return copy(data);
    function copy(value) {
        if (typeof value === 'string')
            return redact(value);
        if (Array.isArray(value))
            return value.map(copy);
        if (value instanceof src_errors/* ActionError */.lZ)
            return copyError(value);
        if (typeof value !== 'object' || value === null)
            return value;
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
    }
    function copyError({ code, problem, observed, likelyCause, fix }) {
        return new src_errors/* ActionError */.lZ({
            code,
            problem: redact(problem),
            observed: observed && redact(observed),
            likelyCause: likelyCause && redact(likelyCause),
            fix: redact(fix),
        });
    }
}

;// CONCATENATED MODULE: ./src/report/check.ts

/** A summary may have a megabyte; the log has them all. */
const MOST_ROWS = 100;
/** What was found, errors first, as a table; nothing when there is nothing to say. */
function checkTables({ findings, skipped }) {
    const sorted = findings.toSorted((a, b) => Number(b.level === 'error') - Number(a.level === 'error'));
    const rows = [
        ...sorted.map(({ level, file, line, title, message }) => [
            `${level === 'error' ? '❌' : '⚠️'} ${escapeMarkdown(title)}`,
            code(line === undefined ? file : `${file}:${line}`),
            escapeMarkdown(message),
        ]),
        ...skipped.map(({ file, why }) => ['Not checked', code(file), escapeMarkdown(why)]),
    ];
    if (rows.length === 0)
        return [];
    const shown = rows.slice(0, MOST_ROWS);
    const rest = rows.length - shown.length;
    return [
        [
            '| Check | Where | What |',
            '|---|---|---|',
            ...shown.map((row) => `| ${row.join(' | ')} |`),
            ...(rest > 0 ? [`| and ${rest} more in the log | | |`] : []),
        ].join('\n'),
    ];
}
/** The same in one cell. */
function describeCheck({ findings, fileCount, target }) {
    const errors = findings.filter(({ level }) => level === 'error').length;
    return escapeMarkdown(`${fileCount} Python files for ${target}: ${errors} errors, ${findings.length - errors} warnings`);
}

;// CONCATENATED MODULE: ./src/report/timeline.ts
function createTimeline(now) {
    const phases = [];
    return {
        async measure(name, work) {
            const phase = { name, start: now() };
            phases.push(phase);
            try {
                return await work();
            }
            catch (error) {
                phase.failed = true;
                throw error;
            }
            finally {
                phase.end = now();
            }
        },
        phases: () => phases,
    };
}
/**
 * The phases as a Mermaid Gantt chart, which GitHub draws in summaries. Bars are on the clock of the run; one that failed
 * is marked critical. Phase names are ours and hold no character with a meaning in Mermaid.
 */
function ganttChart(phases, now) {
    const bars = phases.map(({ name, start, end = now, failed }) => {
        const length = Math.max(1, end - start);
        return `  ${name} (${seconds(length)}) :${failed ? 'crit, ' : ''}${start}, ${length}ms`;
    });
    return ['```mermaid', 'gantt', '  dateFormat x', '  axisFormat %H:%M:%S', ...bars, '```'].join('\n');
}
function seconds(ms) {
    if (ms < 1_000)
        return `${ms} ms`;
    return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

;// CONCATENATED MODULE: ./src/report/verification.ts


const verification_MOST_ROWS = 50;
const verification_LONGEST_MESSAGE = 300;
/** What Airflow made of the code that came, as Markdown: its import errors, and the DAGs that came and went. */
function verificationTables(report) {
    const rows = [
        ...report.newErrors.map((row) => tableRow(row, 'new')),
        ...report.silent.map((file) => `| ${code(file)} | neither imported nor failed in time | new |`),
        ...report.unclear.map((file) => `| ${code(file)} | was not waited for long enough: may still fail | new |`),
        ...[...report.oldErrors, ...(report.oldDuplicates ?? [])].map((row) => tableRow(row, 'was there before')),
    ];
    const more = rows.length > verification_MOST_ROWS ? [`and ${rows.length - verification_MOST_ROWS} more files`] : [];
    return [
        ...(rows.length === 0
            ? []
            : [
                ['| DAG file | Import error | |', '|---|---|---|', ...rows.slice(0, verification_MOST_ROWS)].join('\n'),
                ...more,
            ]),
        ...dagList('DAGs that appeared', report.appeared),
        ...dagList('DAGs that disappeared', report.disappeared),
    ];
}
function tableRow({ file, line, message }, when) {
    const place = line === undefined ? file : `${file}:${line}`;
    const shown = message.length > verification_LONGEST_MESSAGE ? `${message.slice(0, verification_LONGEST_MESSAGE)}…` : message;
    return `| ${code(place)} | ${escapeMarkdown(shown)} | ${when} |`;
}
function dagList(title, ids) {
    if (ids.length === 0)
        return [];
    return [`${title}: ${(0,src_errors/* listSome */.XT)(ids.map(code), verification_MOST_ROWS)}`];
}

;// CONCATENATED MODULE: ./src/report/summary.ts






/** The job summary as Markdown. */
function buildSummary(facts) {
    const { deployment, commit, dagVersion, error } = facts;
    const parts = [
        `### ${escapeMarkdown(facts.headline)}`,
        ...(error ? [quoteError(error.error, error.aftermath)] : []),
        ...factTable([
            [
                'Deployment',
                deployment &&
                    `${markdown_link(deployment.name, deployment.url)} in Workspace ${escapeMarkdown(deployment.workspace)}`,
            ],
            ['Airflow', facts.airflowUrl && markdown_link('Airflow UI', facts.airflowUrl)],
            ['Commit', commit && describeCommit(commit)],
            ['Deploy', facts.deployId && `${code(facts.deployId)} (${facts.deployType ?? 'unknown type'})`],
            ['DAG version', dagVersion && describeVersions(dagVersion, error !== undefined)],
            ['Rollback', facts.rollback && summary_describeRollback(facts.rollback)],
            ['Image', facts.imageTag && `${version(facts.imageTag.before)} → ${code(facts.imageTag.after)}`],
            ['Check', facts.check && describeCheck(facts.check)],
            ['Parse', facts.parse && escapeMarkdown(facts.parse.summary)],
            ['Tests', facts.pytest && escapeMarkdown(facts.pytest.summary)],
            ['Smoke test', facts.smokeTest && describeSmokeTest(facts.smokeTest)],
        ]),
        ...(facts.check ? checkTables(facts.check) : []),
        ...failureTable([...(facts.parse?.failures ?? []), ...(facts.pytest?.failures ?? [])]),
        ...(facts.reasons?.length
            ? [facts.reasons.map((reason) => `- ${escapeMarkdown(reason)}`).join('\n')]
            : []),
        ...(facts.environment ? [environmentTable(facts.environment)] : []),
        ...(facts.verification ? verificationTables(facts.verification) : []),
        ...(facts.phases.length > 0 ? [ganttChart(facts.phases, facts.now)] : []),
    ];
    return `${parts.join('\n\n')}\n`;
}
const MOST_FAILURES = 20;
function failureTable(failures) {
    if (failures.length === 0)
        return [];
    const rows = failures
        .slice(0, MOST_FAILURES)
        .map(({ name, message }) => `| ${code(name)} | ${escapeMarkdown(message.split('\n')[0] ?? '')} |`);
    const rest = failures.length - rows.length;
    return [['| Failed | |', '|---|---|', ...rows, ...(rest > 0 ? [`| and ${rest} more | |`] : [])].join('\n')];
}
/** What runs after a failure is not known here, only what was shipped. */
function describeVersions({ before, after }, hasFailed) {
    if (hasFailed)
        return `${version(before)} before${after ? `, ${code(after)} was shipped` : ''}`;
    return `${version(before)} → ${after ? code(after) : 'unchanged'}`;
}
const version = (known) => (known ? code(known) : 'none');
function describeCommit(commit) {
    const branch = commit.branch ? ` on ${code(commit.branch)}` : '';
    const message = commit.message ? `: ${escapeMarkdown(commit.message.split('\n')[0] ?? '')}` : '';
    return `${markdown_link(commit.sha.slice(0, 7), commitUrl(commit))}${branch}${message}`;
}
function summary_describeRollback({ to, by }) {
    return `to ${code(to.id)} of ${escapeMarkdown(to.createdAt)}${by === undefined ? '' : `, as ${code(by)}`}`;
}
function describeSmokeTest({ dagId, runId, url, state }) {
    return `${code(dagId)}: ${state ?? 'not followed to its end'} (${markdown_link(runId, url)})`;
}
function quoteError(error, aftermath) {
    return [error.problem, error.observed, error.likelyCause, error.fix, aftermath]
        .filter((part) => part !== undefined)
        .flatMap((part) => part.split('\n'))
        .map((line) => `> ${escapeMarkdown(line)}`)
        .join('\n>\n');
}

;// CONCATENATED MODULE: ./src/report/report.ts




const TROUBLESHOOTING = 'docs/troubleshooting.md';
/**
 * Where the entry of a code is: in this action's repository, as it was when the version that runs was made. The runner does
 * not tell the repository of a local action (`uses: ./`), where the path alone leads there.
 */
function troubleshootingEntry(code, env) {
    const { GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref, GITHUB_SERVER_URL: server } = env;
    const entry = `${TROUBLESHOOTING}#${code.toLowerCase()}`;
    return repository && ref && server ? `${server}/${repository}/blob/${ref}/${entry}` : entry;
}
/** One error annotation with all that a user needs, and a failed step. The stack is for step debug only. */
function reportFailure(error, aftermath, secrets) {
    const paragraphs = [error.problem, error.observed, error.likelyCause, error.fix, aftermath].filter(Boolean);
    const message = `${paragraphs.join('\n')}\n[${error.code}] More in ${troubleshootingEntry(error.code, process.env)}`;
    core/* error */.z3(secrets.redact(message), { title: `Deploy to Astro failed: ${error.code}` });
    if (core/* isDebug */._o()) {
        core/* debug */.Yz(secrets.redact(error.stack ?? ''));
        if (error.cause instanceof Error)
            core/* debug */.Yz(secrets.redact(`Cause: ${error.cause.stack ?? ''}`));
    }
    process.exitCode = core/* ExitCode */.yU.Failure;
}
/** Writes the job summary. It is decoration: when it cannot be written, a warning says so and the run goes on. */
async function writeSummary(facts, secrets, log) {
    if (!process.env.GITHUB_STEP_SUMMARY)
        return;
    try {
        await core/* summary */.z.addRaw(secrets.redact(buildSummary(redacted(facts, secrets.redact)))).write();
    }
    catch (error) {
        log.warning(`The runner did not take the job summary: ${(0,src_errors/* describeError */.Uc)(error)}. Its disk may be full, or its folder for temporary files not writable.`);
    }
}

;// CONCATENATED MODULE: ./src/main.ts

















/** How long a cancelled run may take to end by itself before its last word is said all the same. */
const LAST_WORD_MS = 1_000;
/** How long it may go on after that to put things back: a runner kills ten seconds after it cancelled. */
const PUTTING_BACK_MS = 6_000;
/**
 * The whole run. Never throws: every failure becomes one annotation, a summary and a failed step. A cancelled run says its
 * last word within seconds, whatever it is waiting for.
 */
async function main(deps) {
    const { clock, log, outputs, secrets, signal } = deps;
    const timeline = createTimeline(clock.now);
    const progress = createProgress();
    let facts = {};
    const tell = (news) => {
        facts = { ...facts, ...news };
    };
    const stage = (title, work) => log.group(title, () => timeline.measure(title, work));
    const run = async () => {
        const { inputs, warnings, notices } = readInputs(secrets.hide, inputsOfStep(deps.env));
        warnings.forEach(log.warning);
        notices.forEach(log.notice);
        const { credentials, domain } = inputs;
        const { apiOrigin } = domain;
        const project = main_once(() => prepareProject(deps, inputs));
        if (credentials === undefined) {
            await checkProject({ ...deps, inputs, project, stage, tell });
            outputs.requireTaken();
            return;
        }
        const signingIn = stage('Sign in to Astro', async () => {
            const exchange = { ...deps, apiOrigin, now: clock.now, hide: secrets.hide };
            const opened = await openSession(exchange, credentials);
            const { line, warning } = describeSession(opened, clock.now());
            log.info(line);
            if (warning !== undefined)
                log.warning(warning);
            return opened;
        });
        const shipsCode = inputs.action === 'deploy';
        if (shipsCode)
            project();
        const session = await signingIn;
        const astro = createAstroClient({ ...deps, apiOrigin, tokens: session });
        const { deployment, deploys, target } = await stage('Find the Deployment', async () => {
            const path = await locateDeployment(astro, session, inputs);
            const history = main_once(() => begun(astro.listDeploys(path)));
            if (shipsCode || inputs.action === 'rollback')
                void history();
            const found = await readDeployment(astro, path, inputs);
            const located = { ...path, url: deploymentUrl(found, inputs) };
            introduce(found, located.url, { log, outputs, tell });
            return { deployment: found, deploys: history, target: located };
        });
        outputs.requireTaken();
        const known = { inputs, session, astro, deployment, deploys, target, project };
        await perform({ ...deps, ...known, pace: createPace(clock), progress, stage, tell });
        outputs.requireTaken();
    };
    const running = run();
    try {
        await Promise.race([running, cancelled(signal, clock)]);
    }
    catch (thrown) {
        const error = (0,src_errors/* asActionError */.z6)(thrown);
        tell({ headline: 'The step failed', error: { error, aftermath: progress.aftermath() } });
        reportFailure(error, progress.aftermath(), secrets);
    }
    const now = clock.now();
    await writeSummary({ headline: '', ...facts, phases: timeline.phases(), now }, secrets, log);
    await Promise.race([running.catch(() => undefined), clock.sleep(PUTTING_BACK_MS)]);
}
/** Rejects with the signal's reason a little after it aborted. */
function cancelled(signal, clock) {
    return new Promise((_, reject) => {
        const wait = () => void clock.sleep(LAST_WORD_MS).then(() => reject(signal.reason));
        if (signal.aborted)
            wait();
        else
            signal.addEventListener('abort', wait, { once: true });
    });
}
/** What is read at most once, and begins at the first call. */
function main_once(read) {
    let first;
    return () => (first ??= { value: read() }).value;
}
/** Work that goes on beside other work: whoever awaits it meets its failure, nobody else does. */
function begun(work) {
    work.catch(() => undefined);
    return work;
}
async function perform(run) {
    switch (run.inputs.action) {
        case 'deploy':
            return deploy(run);
        case 'update-environment-variables':
            return updateEnvironmentVariables(run);
        case 'get-access-token':
            return handOnAccessToken(run);
        case 'rollback':
            return rollback(run);
        case 'check':
            return checkProject(run);
    }
}
/** Says which Deployment it is before anything is done to it, and hands on its links. */
function introduce(deployment, url, { log, outputs, tell }) {
    const workspace = deployment.workspaceName ?? deployment.workspaceId;
    log.info(`Deployment ${deployment.name} (${deployment.id}) in the Workspace ${workspace}`);
    log.info(`Runtime ${deployment.astroRuntimeVersion || 'unknown'}, Airflow ${deployment.airflowVersion}, ${deployment.status}`);
    log.info(url);
    outputs.set({
        'deployment-id': deployment.id,
        'deployment-name': deployment.name,
        'deployment-url': url,
        'airflow-url': deployment.uiUrl,
        'airflow-api-url': airflowApiUrl(deployment),
    });
    tell({ deployment: { name: deployment.name, url, workspace }, airflowUrl: deployment.uiUrl });
}
function deploymentUrl({ workspaceId, id }, { domain }) {
    return `${domain.uiOrigin}/${workspaceId}/deployments/${id}`;
}

;// CONCATENATED MODULE: ./src/outputs.ts


function createOutputs(write = (name, value) => core/* setOutput */.uH(name, value)) {
    const written = new Map();
    let refused;
    return {
        set(values) {
            for (const [name, value] of Object.entries(values)) {
                if (value === undefined)
                    continue;
                written.set(name, value);
                try {
                    write(name, value);
                }
                catch (error) {
                    refused ??= notTaken(name, error);
                }
            }
        },
        all: () => written,
        requireTaken() {
            if (refused)
                throw refused;
        },
    };
}
function notTaken(name, error) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-RUNNER-OUTPUT',
        problem: `The runner did not take the output \`${name}\`.`,
        observed: `Writing to the file that GITHUB_OUTPUT names failed: ${(0,src_errors/* describeError */.Uc)(error)}`,
        likelyCause: 'The disk of the runner is full, or its folder for temporary files was removed or belongs to another user.',
        fix: 'Free space on the runner, or repair its work folder, then run again.',
        cause: error,
    });
}

// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __webpack_require__(1421);
// EXTERNAL MODULE: external "node:readline"
var external_node_readline_ = __webpack_require__(481);
;// CONCATENATED MODULE: ./src/program.ts




/** How long an interrupted program may take to end. A runner that cancels kills after ten seconds. */
const program_GRACE_MS = 1_000;
const CAN_LEAD_A_GROUP = process.platform !== 'win32';
/**
 * Runs programs and keeps track of them, so that each has an end: its own, its limit, the run's cancellation, or `killAll`. A
 * program leads a process group and ends with all that it started.
 */
function createPrograms(signal) {
    const running = new Set();
    const run = (command, args, options) => new Promise((resolve, reject) => {
        const isCancellable = options.whenCancelled !== 'run';
        if (isCancellable)
            signal.throwIfAborted();
        const started = program_start(command, args, options);
        if ('observed' in started) {
            resolve({ kind: 'not-started', ...started });
            return;
        }
        const child = started;
        running.add(child);
        const output = program_collect(child, options.onLine);
        child.stdin.on('error', () => undefined);
        child.stdin.end(options.input ?? '');
        let killing;
        const cancel = () => {
            if (options.whenCancelled === 'kill')
                end(child, 'SIGKILL');
            else if (options.whenCancelled !== 'finish')
                end(child, 'SIGINT');
            killing = setTimeout(() => end(child, 'SIGKILL'), program_GRACE_MS);
        };
        if (isCancellable)
            signal.addEventListener('abort', cancel, { once: true });
        const limit = options.limitMs === undefined
            ? undefined
            : setTimeout(() => {
                end(child, 'SIGKILL');
                settle(() => resolve({ kind: 'timed-out' }));
            }, options.limitMs);
        /** Whatever else still holds the outputs of the program is not waited for. */
        function settle(how) {
            signal.removeEventListener('abort', cancel);
            clearTimeout(limit);
            clearTimeout(killing);
            running.delete(child);
            for (const stream of [child.stdin, child.stdout, child.stderr])
                stream.destroy();
            how();
        }
        const isCancelled = () => signal.aborted && isCancellable;
        child.once('error', (error) => settle(() => resolve({ kind: 'not-started', observed: (0,src_errors/* describeError */.Uc)(error) })));
        child.once('exit', () => {
            if (!isCancelled())
                return;
            end(child, 'SIGKILL');
            settle(() => reject(signal.reason));
        });
        child.once('close', (exitCode) => {
            if (isCancelled())
                settle(() => reject(signal.reason));
            else
                settle(() => resolve({ kind: 'ended', exitCode: exitCode ?? -1, ...output }));
        });
    });
    return {
        run,
        killAll() {
            for (const child of running)
                end(child, 'SIGKILL');
        },
    };
}
/** Node throws some of the system's refusals (a folder that is a file, too long a command line) and emits the others. */
function program_start(command, args, { env, cwd }) {
    try {
        return (0,external_node_child_process_.spawn)(command, [...args], {
            env,
            ...(cwd === undefined ? {} : { cwd }),
            stdio: ['pipe', 'pipe', 'pipe'],
            detached: CAN_LEAD_A_GROUP,
            windowsHide: true,
        });
    }
    catch (error) {
        return { observed: (0,src_errors/* describeError */.Uc)(error) };
    }
}
function program_collect(child, onLine) {
    const collected = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
        child[name]?.setEncoding('utf8').on('data', (text) => (collected[name] += text));
        if (onLine && child[name]) {
            (0,external_node_readline_.createInterface)({ input: child[name].pipe(new external_node_stream_.PassThrough()) }).on('line', onLine);
        }
    }
    return collected;
}
/** Signals the program and all that it started. */
function end(child, signal) {
    if (child.pid === undefined)
        return;
    try {
        if (CAN_LEAD_A_GROUP)
            process.kill(-child.pid, signal);
        else
            child.kill(signal);
    }
    catch {
        // It has ended by itself.
    }
}

;// CONCATENATED MODULE: ./src/project/git-home.ts



/**
 * In a container the checkout often belongs to another user, which git refuses unless told otherwise; actions/checkout tells
 * it for its own step only. Before 2.38 git takes this setting from a file of the user and from nowhere else.
 */
const git_home_SETTINGS = '[safe]\n\tdirectory = *\n';
/** A home for git below RUNNER_TEMP. It is there while somebody uses it, so that a step that is killed leaves none behind. */
function createGitHome(env) {
    let made;
    let users = 0;
    let isClosed = false;
    let removed = Promise.resolve();
    const remove = () => {
        const [former, leaving] = [removed, made];
        made = undefined;
        removed = (async () => {
            await former;
            const folder = await leaving;
            if (folder !== undefined)
                await (0,external_node_fs_promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 });
        })().catch(() => undefined);
        return removed;
    };
    return {
        async use(work) {
            users++;
            try {
                return await work(isClosed ? undefined : await (made ??= make(env)));
            }
            finally {
                if (--users === 0)
                    await remove();
            }
        },
        close() {
            isClosed = true;
            return remove();
        },
    };
}
async function make(env) {
    try {
        const { RUNNER_TEMP: given = '' } = env;
        const folder = await (0,external_node_fs_promises_.mkdtemp)(external_node_path_.join(given === '' ? (0,external_node_os_.tmpdir)() : given, 'deploy-to-astro-git-'));
        await (0,external_node_fs_promises_.writeFile)(external_node_path_.join(folder, '.gitconfig'), git_home_SETTINGS);
        return folder;
    }
    catch {
        // Newer gits take the setting from the command line as well.
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/report/inert.ts
/**
 * A text in which the runner finds no command. It obeys `::name …::` at the start of a line, white space before it
 * notwithstanding, and the old `##[name]` anywhere in a line; lines end at `\r` too, and U+0085 counts as
 * white space. What it would obey is broken up
 * by a visible character.
 */
function inert(text) {
    return text.replace(/(?<=^|\u0085)([\s\u0085]*)(?=::)/gm, '$1|').replaceAll('##[', '##|[');
}

;// CONCATENATED MODULE: ./src/report/log.ts


/**
 * Annotations on files of the user. GitHub shows ten of a level for a step: one error is the step's own, and warnings may also
 * be about the credential, DAGs that are gone, the baseline and what came of it all.
 */
const MOST_ERRORS = 9;
const MOST_WARNINGS = 6;
/** A Log on the runner's. What is logged may come from outside, so nothing in it is obeyed by the runner as a command. */
function createLog(redact) {
    const safe = (text) => inert(redact(text));
    const limited = (annotate, most) => {
        let given = 0;
        return (place, message) => {
            if (given++ < most)
                annotate(safe(message), properties(place));
            else
                core/* info */.pq(safe(asLine(place, message)));
        };
    };
    return {
        info: (line) => core/* info */.pq(safe(line)),
        debug: (line) => core/* debug */.Yz(safe(line)),
        notice: (message) => core/* notice */.lm(safe(message)),
        warning: (message) => core/* warning */.$e(safe(message)),
        errorAt: limited(core/* error */.z3, MOST_ERRORS),
        warningAt: limited(core/* warning */.$e, MOST_WARNINGS),
        group: (title, work) => core/* group */.Os(safe(title), work),
    };
}
function properties({ file, line, title }) {
    return { file, title, ...(line === undefined ? {} : { startLine: line }) };
}
function asLine({ file, line, title }, message) {
    return `${file}${line === undefined ? '' : `:${line}`}: ${title}: ${message}`;
}

;// CONCATENATED MODULE: ./src/start.ts



















/**
 * A run of the action: real dependencies in, `main()` out, and the process ends.
 *
 * @param entry the program, which is also that of its threads
 */
async function start_start(entry) {
    // V8 would let the space for new objects grow to 64 MB of mostly dead ones, which a DAG folder of thousands of files then takes
    // on top of what it needs. It keeps the size that loading gave it; from the first line on, loading itself would be slower.
    (0,external_node_v8_.setFlagsFromString)('--semi-space-growth-factor=1');
    const secrets = createSecrets(core/* setSecret */.Pq);
    const log = createLog(secrets.redact);
    const cancellation = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(signal, () => cancellation.abort(new src_errors/* ActionError */.lZ({
            code: 'ASTRO-CANCELLED',
            problem: 'The run was cancelled.',
            observed: `The runner sent ${signal}.`,
            fix: 'The last sentence says what has happened on Astro. Run the workflow again to finish it.',
        })));
    }
    process.on('uncaughtException', (error) => cancellation.abort((0,src_errors/* asActionError */.z6)(error)));
    // Nobody reads the log any more; the deploy goes on.
    for (const stream of [process.stdout, process.stderr])
        stream.on('error', () => undefined);
    const { signal } = cancellation;
    const env = { ...process.env };
    const proxies = readProxies(process.env);
    proxies.secrets.forEach(secrets.hide);
    // Programs need them; libraries would read them by rules of their own.
    for (const name of PROXY_VARIABLES)
        Reflect.deleteProperty(process.env, name);
    const { agentFor } = createConnections(proxies);
    const programs = createPrograms(signal);
    const gitHome = createGitHome(env);
    await main({
        env,
        clock: systemClock,
        request: createRequest({
            send: createTransport({ agentFor }),
            clock: systemClock,
            random: Math.random,
            userAgent: userAgent(env),
            log,
            signal,
        }),
        agentFor,
        git: createGit(programs.run, env, gitHome),
        docker: createDocker(programs.run, env),
        secrets,
        log,
        outputs: createOutputs(),
        startThread: createThreads(entry),
        signal,
    });
    // Whatever is still open (a tunnel that never answers, a program that never ends) would keep the process.
    programs.killAll();
    await gitHome.close();
    await Promise.all([flush(process.stdout), flush(process.stderr)]);
    process.exit();
}


/***/ })

};
