export const id = 469;
export const ids = [469,50];
export const modules = {

/***/ 7469:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  performCheck: () => (/* binding */ performCheck)
});

// EXTERNAL MODULE: ./src/errors.ts
var src_errors = __webpack_require__(3916);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
;// CONCATENATED MODULE: ./src/check/known-modules.ts
/** Modules of Python itself, 3.11 to 3.13. */
const STANDARD = words(`
  abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins
  bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent
  configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib
  dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions
  ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib
  imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma
  mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath
  nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform
  plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue
  quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil
  signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat
  statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib
  tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty
  turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg
  winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
`);
/** Modules of packages that Airflow brings or that are in wide use: one of that name in the DAG folder proves nothing. */
const WELL_KNOWN = words(`
  airflow astro astronomer attr attrs azure boto3 botocore bs4 cattrs celery certifi click cloudpickle cosmos
  cryptography databricks dateutil dbt docker dotenv duckdb fastapi flask fsspec git gitpython google
  great_expectations grpc gspread httpx jinja2 jsonschema jwt kubernetes lxml markdown markupsafe numpy openai
  openlineage openpyxl opentelemetry packaging pandas paramiko pendulum pip plotly polars psutil psycopg psycopg2
  pyarrow pydantic pymongo pymysql pyodbc pyspark pytest pytz redis requests rich ruamel s3fs scipy sentry_sdk
  setuptools simple_salesforce six sklearn slack_sdk snowflake soda sqlalchemy sqlparse structlog tabulate tenacity
  toml tqdm typing_extensions tzdata urllib3 werkzeug yaml zoneinfo
`);
const isStandardModule = (name) => STANDARD.has(name);
const isWellKnown = (name) => WELL_KNOWN.has(name);
function words(text) {
    return new Set(text.split(/\s+/).filter((word) => word !== ''));
}

;// CONCATENATED MODULE: ./src/check/import-path.ts



/**
 * Imports of modules in the DAG folder that Airflow 3 on Astro does not find: the root of the bundle is on Python's path, and
 * the DAG folder is a package in it. Silent where anything else could bring a module of that name.
 */
function findImportProblems(files, facts) {
    const { target, dagsPath, results, isPathSet, installed } = facts;
    if (!target.isBundle || target.airflow !== 3 || isPathSet)
        return [];
    if (files.some((file) => file.facts?.changesPath === true))
        return [];
    const inDags = results.map(({ path }) => path).filter((path) => isInside(dagsPath, path));
    const modules = new Set(inDags.flatMap((path) => modulesOf(below(dagsPath, path))));
    const elsewhere = new Set(results
        .map(({ path }) => path)
        .filter((path) => path.startsWith('plugins/'))
        .map((path) => firstPart(path.slice('plugins/'.length))));
    const isElsewhere = (name) => isStandardModule(name) ||
        isWellKnown(name) ||
        installed.has(name.toLowerCase()) ||
        elsewhere.has(name) ||
        name === 'dags' ||
        name === 'include';
    return files.flatMap(({ path, facts: said }) => {
        if (!isInside(dagsPath, path))
            return [];
        const folder = external_node_path_.posix.dirname(below(dagsPath, path));
        const seen = new Set();
        return (said?.imports ?? []).flatMap((wanted) => {
            const [name = ''] = wanted.module.split('.');
            if (wanted.level > 0 || name === '' || isElsewhere(name) || seen.has(wanted.line))
                return [];
            const parent = modules.has(name)
                ? ''
                : folder !== '.' && modules.has(`${folder.replaceAll('/', '.')}.${name}`)
                    ? folder
                    : undefined;
            if (parent === undefined)
                return [];
            const prefix = ['dags', ...(parent === '' ? [] : parent.split('/'))].join('.');
            seen.add(wanted.line);
            return [
                {
                    rule: 'import-path',
                    level: 'warning',
                    path,
                    line: wanted.line,
                    column: undefined,
                    message: `\`${writeImport(wanted)}\` finds nothing with Airflow 3 on Astro: Python looks in the root of the bundle, not in its folder \`dags\`. Write \`${writeImport(corrected(wanted, prefix))}\`.`,
                },
            ];
        });
    });
}
/** `team/helper.py` brings `team` and `team.helper`. */
function modulesOf(path) {
    const parts = path
        .replace(/\.py$/, '')
        .replace(/\/__init__$/, '')
        .split('/');
    return parts.every((part) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(part))
        ? parts.map((_, at) => parts.slice(0, at + 1).join('.'))
        : [];
}
const firstPart = (path) => path.replace(/\.py$/, '').split('/')[0] ?? '';
/** `import helper` binds the name `helper`, and so has the correct one to do. */
function corrected(wanted, prefix) {
    if (wanted.names !== undefined || wanted.alias !== undefined)
        return { ...wanted, module: `${prefix}.${wanted.module}` };
    const [first = '', ...rest] = wanted.module.split('.');
    return rest.length === 0
        ? { ...wanted, module: prefix, names: [{ name: first, alias: undefined }] }
        : { ...wanted, module: `${prefix}.${wanted.module}` };
}

// EXTERNAL MODULE: ./src/image/runtime-version.ts
var runtime_version = __webpack_require__(6119);
;// CONCATENATED MODULE: ./src/check/python-version.ts

/**
 * The Python of a runtime's image, unless its tag names another one. Absent: not known, or too new for this table.
 *
 * Runtime 4 to 7 have 3.9, 8 has 3.10, 9 to 11 have 3.11, 12 and 13 have 3.12; of those with Airflow 3, 3.0 and 3.1 have 3.12.
 */
const DEFAULT_PYTHON = {
    '4': 309,
    '5': 309,
    '6': 309,
    '7': 309,
    '8': 310,
    '9': 311,
    '10': 311,
    '11': 311,
    '12': 312,
    '13': 312,
    '3.0': 312,
    '3.1': 312,
};
/** `13.2.0` or `3.1-2`. */
function defaultPython(runtime) {
    const [, withAirflow3, before] = /^v?(?:(\d+\.\d+)-\d|(\d+)\.\d+\.\d)/.exec(runtime) ?? [];
    return DEFAULT_PYTHON[withAirflow3 ?? before ?? ''];
}
const TAG = /\/(?:astro-runtime|runtime)(?:-slim)?:(v?\d+\.\d+[.-]\d+[^\s@]*?)(?:-python-(\d)\.(\d+))?(?:-base)?(?:@\S+)?(?:\s|$)/i;
/** What a FROM line says of an Astro Runtime; undefined when it names none, or by a variable. */
function readBaseImage(from) {
    const [, runtime, major, minor] = TAG.exec(from ?? '') ?? [];
    if (runtime === undefined)
        return undefined;
    const named = minor === undefined ? undefined : Number(major) * 100 + Number(minor);
    return { runtime, python: named ?? defaultPython(runtime), namesPython: named !== undefined };
}
/** `312` as `3.12`. */
function nameOf(python) {
    return `${Math.floor(python / 100)}.${python % 100}`;
}
/**
 * What the files are going to run on. A deploy of DAGs alone goes to what runs; an image brings its own. The tag of the
 * Dockerfile tells the Python of what runs as well, for the project's last image was built from it.
 */
function decideTarget({ deployed, from, ships, wished, isBundle }) {
    const base = readBaseImage(from);
    const current = deployed === undefined || deployed === '' ? undefined : deployed;
    const usesImage = ships === 'built' || (ships === undefined && current === undefined);
    const runtime = usesImage ? (base?.runtime ?? (ships === 'built' ? undefined : current)) : current;
    const python = ships === 'prebuilt' || runtime === undefined
        ? undefined
        : usesImage || base?.namesPython === true
            ? base?.python
            : defaultPython(runtime);
    const major = runtime === undefined ? undefined : (0,runtime_version/* airflowMajorOf */.Ri)(runtime);
    const airflow = wished ?? (major === 2 || major === 3 ? major : undefined);
    const brings = [
        python === undefined ? 'a Python that is not known here' : `Python ${nameOf(python)}`,
        airflow === undefined
            ? 'an Airflow that is not known here'
            : `Airflow ${airflow}${wished === undefined ? '' : ' (`check-airflow`)'}`,
    ].join(' and ');
    const whose = usesImage ? 'the Dockerfile' : 'the Deployment';
    return {
        python,
        airflow,
        source: runtime === undefined ? brings : `${brings}, as of Astro Runtime ${runtime} of ${whose}`,
        isBundle: isBundle && airflow === 3,
    };
}

;// CONCATENATED MODULE: ./src/check/judge.ts



/** What there is to say about the files, on what they are going to run on. What is not certain is not said. */
function judge(facts) {
    const { dagsPath, isIgnored } = facts;
    const shown = facts.results.filter(({ path }) => isIgnored(path) !== 'yes');
    const files = shown.filter((result) => result.is === 'read');
    const findings = [
        ...files.flatMap((file) => (file.diagnostics.length === 0 ? [] : judgeDiagnostics(file, facts))),
        ...duplicateIds(files, facts),
        ...findImportProblems(files, facts),
        ...files.flatMap((file) => relativeImports(file, dagsPath)),
        ...shadowsOfAirflow(shown, dagsPath),
        ...hiddenDags(facts),
    ];
    return {
        findings: findings.toSorted(byPlace),
        skipped: shown.filter((result) => result.is === 'skipped').map(({ path, why }) => ({ path, why })),
        fileCount: files.length,
    };
}
const byPlace = (a, b) => a.path === b.path ? (a.line ?? 0) - (b.line ?? 0) : a.path < b.path ? -1 : 1;
/** Names of Python's own that came after the oldest version, which is what the linter is told. */
const LATER_BUILTINS = /`(?:aiter|anext|EncodingWarning|BaseExceptionGroup|ExceptionGroup|PythonFinalizationError)`/;
const SINCE = /on Python \d\.\d+ \(syntax was added in (?:Python )?(\d)\.(\d+)\)/;
/** When Python got the syntax that a diagnostic is about; undefined for what no Python takes. */
function since({ message }) {
    const [, major, minor] = SINCE.exec(message) ?? [];
    return minor === undefined ? undefined : Number(major) * 100 + Number(minor);
}
function judgeDiagnostics({ path, diagnostics, isRead }, { target, isIgnored }) {
    const { python } = target;
    const [syntax] = diagnostics
        .filter((one) => one.code === 'invalid-syntax')
        .filter((one) => {
        const added = since(one);
        return added === undefined || (python !== undefined && added > python);
    });
    const at = ({ line, column }) => ({ path, line, column });
    if (syntax) {
        const maybe = isIgnored(path) === 'maybe';
        const passedOver = maybe
            ? 'Airflow may pass the file over: as patterns of the other syntax, `.airflowignore` names it.'
            : !isRead
                ? 'If nothing imports the file and Airflow is not to read it, name it in `.airflowignore`.'
                : undefined;
        return [
            {
                rule: 'syntax',
                level: maybe ? 'warning' : 'error',
                ...at(syntax),
                message: syntaxMessage(syntax, target),
                ...(passedOver === undefined ? {} : { advice: passedOver }),
            },
        ];
    }
    return diagnostics.flatMap((one) => {
        if (one.code === 'F821') {
            return LATER_BUILTINS.test(one.message)
                ? []
                : [{ rule: 'undefined-name', level: 'warning', ...at(one), message: `${one.message}.` }];
        }
        if (!one.code.startsWith('AIR3') || target.airflow !== 3)
            return [];
        return [{ rule: 'airflow-3', level: 'warning', ...at(one), message: sentences(one.message, one.help) }];
    });
}
function syntaxMessage(syntax, { python }) {
    if (since(syntax) === undefined || python === undefined)
        return `${syntax.message}.`;
    return `${syntax.message.replace(/on Python \d\.\d+/, `on Python ${nameOf(python)}`)}.`;
}
const sentences = (...parts) => parts
    .filter((part) => part !== undefined && part !== '')
    .map((part) => `${part ?? ''}.`)
    .join(' ');
/** Airflow keeps one DAG of an ID: which file's depends on which was read last. */
function duplicateIds(files, { dagsPath, isIgnored }) {
    const places = new Map();
    for (const { path, facts, isRead } of files) {
        if (!isInside(dagsPath, path) || facts === undefined || !isRead || isIgnored(path) !== 'no')
            continue;
        const seen = new Set();
        for (const { id, line } of facts.dags) {
            if (seen.has(id))
                continue;
            seen.add(id);
            places.set(id, [...(places.get(id) ?? []), { path, line }]);
        }
    }
    return [...places].flatMap(([id, where]) => where.length < 2
        ? []
        : where.map(({ path, line }) => {
            const others = where
                .filter((other) => other.path !== path)
                .map((other) => `${other.path}:${other.line}`);
            return {
                rule: 'duplicate-dag-id',
                level: 'warning',
                path,
                line,
                column: undefined,
                message: `The DAG ID "${id}" is also in ${(0,src_errors/* listSome */.XT)(others, 3)}. Airflow keeps one of the DAGs, and which one changes.`,
            };
        }));
}
/** Airflow loads a DAG file as a module of no package, so that there is nothing its dots could be relative to. */
function relativeImports({ path, facts, isRead }, dagsPath) {
    if (!facts || !isRead || !isInside(dagsPath, path))
        return [];
    const isTopLevel = !below(dagsPath, path).includes('/');
    if ((!isTopLevel && facts.firstDagLine === undefined) || path.endsWith('/__init__.py'))
        return [];
    const relative = facts.imports.find(({ level }) => level > 0);
    if (!relative)
        return [];
    return [
        {
            rule: 'relative-import',
            level: 'warning',
            path,
            line: relative.line,
            column: undefined,
            message: `\`${writeImport(relative)}\` is relative, and Airflow loads a DAG file as a module of no package: "attempted relative import with no known parent package". Name the module in full.`,
        },
    ];
}
function shadowsOfAirflow(results, dagsPath) {
    const shadow = results.find(({ path }) => /^airflow(?:\.py|\/.*\.py)$/.test(below(dagsPath, path)) && isInside(dagsPath, path));
    if (!shadow)
        return [];
    const name = below(dagsPath, shadow.path) === 'airflow.py' ? 'file' : 'folder';
    return [
        {
            rule: 'shadows-airflow',
            level: 'warning',
            path: shadow.path,
            line: undefined,
            column: undefined,
            message: `This ${name} has the name of Airflow's own package. Wherever the DAG folder comes first among the places where Python looks, \`import airflow\` finds it instead. Give it another name.`,
        },
    ];
}
/** A DAG that nobody will see in Airflow. */
function hiddenDags({ results, dagsPath, isIgnored }) {
    return results.flatMap((result) => {
        if (result.is !== 'read' || !isInside(dagsPath, result.path) || isIgnored(result.path) !== 'yes')
            return [];
        const { facts, isRead, path } = result;
        if (!isRead || facts?.firstDagLine === undefined)
            return [];
        return [
            {
                rule: 'ignored-dag',
                level: 'warning',
                path,
                line: facts.firstDagLine,
                column: undefined,
                message: 'This file makes a DAG, and `.airflowignore` hides it from Airflow.',
            },
        ];
    });
}
function isInside(folder, path) {
    return folder === '' || path.startsWith(`${folder}/`);
}
/** A path inside a folder, from there. */
function below(folder, path) {
    return folder === '' ? path : path.slice(folder.length + 1);
}
/** An import as it is written. */
function writeImport({ level, module, names, alias }) {
    const as = (other) => (other === undefined ? '' : ` as ${other}`);
    if (names === undefined)
        return `import ${module}${as(alias)}`;
    return `from ${'.'.repeat(level)}${module} import ${names.map(({ name, alias: other }) => `${name}${as(other)}`).join(', ')}`;
}

// EXTERNAL MODULE: ./src/check/read-project.ts + 1 modules
var read_project = __webpack_require__(7669);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: ./src/check/rules.ts
var rules = __webpack_require__(4327);
;// CONCATENATED MODULE: ./src/check/report.ts




const MOST_NAMED = 5;
/**
 * Says what was found where people look: beside the lines, in the summary, in outputs and, on request, as SARIF. Throws
 * `ASTRO-CHECK-SYNTAX` for errors, unless they are only to warn.
 */
async function reportCheck(run, judged, target, elapsedMs) {
    const { env, inputs, log, outputs, tell } = run;
    const { findings: found, skipped, fileCount } = judged;
    const findings = found.map((finding) => ({
        ...finding,
        path: external_node_path_.posix.join(inputs.rootFolder, finding.path),
    }));
    const errors = findings.filter(({ level }) => level === 'error');
    const warnings = findings.filter(({ level }) => level === 'warning');
    outputs.set({ 'check-errors': String(errors.length), 'check-warnings': String(warnings.length) });
    log.info(`${count(fileCount, 'Python file')} in ${(elapsedMs / 1000).toFixed(1)} s, for ${target.source}: ${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}.`);
    for (const { level, path: file, line, rule, message: said, advice } of findings) {
        const place = { file, line, title: rules/* TITLES */.e[rule] };
        const message = advice === undefined ? said : `${said} ${advice}`;
        if (level === 'error' && inputs.check === 'fail')
            log.errorAt(place, message);
        else
            log.warningAt(place, message);
    }
    if (skipped.length > 0) {
        const named = skipped.map(({ path: file, why }) => `${external_node_path_.posix.join(inputs.rootFolder, file)}: ${why}`);
        log.warning(`Not checked: ${(0,src_errors/* listSome */.XT)(named, MOST_NAMED, '; ')}.`);
    }
    tell({
        check: {
            findings: findings.map(({ level, path: file, line, rule, message }) => ({
                level,
                file,
                line,
                title: rules/* TITLES */.e[rule],
                message,
            })),
            skipped: skipped.map(({ path: file, why }) => ({
                file: external_node_path_.posix.join(inputs.rootFolder, file),
                why,
            })),
            fileCount,
            target: target.source,
        },
    });
    if (inputs.checkSarif !== undefined) {
        const { sarif } = await __webpack_require__.e(/* import() */ 349).then(__webpack_require__.bind(__webpack_require__, 4349));
        const file = external_node_path_.join(env.GITHUB_WORKSPACE ?? process.cwd(), inputs.checkSarif);
        try {
            await (0,promises_.mkdir)(external_node_path_.dirname(file), { recursive: true });
            await (0,promises_.writeFile)(file, `${JSON.stringify(sarif(findings), undefined, 2)}\n`);
            log.info(`SARIF: ${inputs.checkSarif}`);
        }
        catch (error) {
            log.warning(`The file that \`check-sarif\` names could not be written: ${(0,src_errors/* describeError */.Uc)(error)}.`);
        }
    }
    if (errors.length > 0 && inputs.check === 'fail')
        throw checkFailed(errors, target);
}
const count = (amount, what) => `${amount} ${what}${amount === 1 ? '' : 's'}`;
function checkFailed(errors, target) {
    return new src_errors/* ActionError */.lZ({
        code: 'ASTRO-CHECK-SYNTAX',
        problem: `Python cannot read ${errors.length === 1 ? 'a file' : `${errors.length} files`} of the project, so Airflow could not import ${errors.length === 1 ? 'it' : 'them'}.`,
        observed: (0,src_errors/* listSome */.XT)(errors.map(({ path: file, line, message }) => `${file}:${line ?? 1}: ${message}`), MOST_NAMED, '\n'),
        likelyCause: `A slip in the code, or syntax that is newer than what it is going to run on: ${target.source}.`,
        fix: 'Correct the lines. A file that is not for Airflow belongs into `.airflowignore`; `check: warn` deploys all the same.',
    });
}

;// CONCATENATED MODULE: ./src/check/perform.ts






/** Judges what was read by what it is going to run on. Only `ASTRO-CHECK-SYNTAX` is thrown: the check itself fails no step. */
async function performCheck(run, scope) {
    const { inputs, log } = run;
    const { dagsPath } = inputs;
    try {
        const read = await run.checked;
        const target = decideTarget({ ...scope, from: read.from, wished: inputs.checkAirflow });
        const judged = judge({
            results: read.results.filter(({ path }) => read_project/* IMAGE_FOLDERS */.c.some((folder) => path.startsWith(`${folder}/`) && !isInside(dagsPath, path))
                ? scope.bringsImage
                : scope.bringsDags),
            dagsPath,
            target,
            isIgnored: (path) => ignoredBy(read.isIgnored, path, target.airflow),
            installed: read.installed,
            isPathSet: read.isPathSet || scope.isPathSet,
        });
        await reportCheck(run, judged, target, read.elapsedMs);
    }
    catch (error) {
        if (error instanceof src_errors/* ActionError */.lZ)
            throw error;
        log.warning(`The DAGs could not be checked: ${(0,src_errors/* asSentence */.KG)((0,src_errors/* describeError */.Uc)(error))} The step goes on without.`);
    }
}
/** Without a known Airflow, what only one of the two hides may be hidden. */
function ignoredBy(isIgnored, path, airflow) {
    if (airflow !== undefined)
        return isIgnored(path, airflow);
    const both = [isIgnored(path, 2), isIgnored(path, 3)];
    return both.every((one) => one === 'yes') ? 'yes' : both.every((one) => one === 'no') ? 'no' : 'maybe';
}


/***/ }),

/***/ 7669:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  c: () => (/* binding */ IMAGE_FOLDERS),
  readProject: () => (/* binding */ readProject)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/project/airflow-ignore.ts
var airflow_ignore = __webpack_require__(5724);
// EXTERNAL MODULE: ./src/project/dag-file.ts
var dag_file = __webpack_require__(1556);
// EXTERNAL MODULE: ./src/project/promised-dags.ts
var promised_dags = __webpack_require__(2450);
// EXTERNAL MODULE: ./src/image/dockerfile.ts
var image_dockerfile = __webpack_require__(2179);
;// CONCATENATED MODULE: ./src/check/engine.ts
/** Room for a machine that does much else at the same time; a thousand files take a second. */
const LIMIT_MS = 60_000;
/** A file that ends the thread is passed over, and the rest gets a new one. */
const MOST_THREADS = 5;
/**
 * What is in the files, in any order. Never rejects: a file that the linter cannot bear, or that it never comes back from, is
 * one that was skipped.
 */
async function readFiles(startThread, files, options) {
    const results = new Map();
    const skip = (file, why) => {
        if (file)
            results.set(file.path, { is: 'skipped', path: file.path, why });
    };
    const until = performance.now() + (options.limitMs ?? LIMIT_MS);
    let left = files;
    let why = 'the linter ended before it';
    for (let threads = 0; threads < MOST_THREADS && left.length > 0 && !options.signal.aborted; threads++) {
        const end = await runThread(startThread, left, { ...options, limitMs: until - performance.now() }, (result) => results.set(result.path, result));
        if (end.at !== undefined)
            skip(left[end.at], `the linter ended at it (${end.why})`);
        left = left.filter(({ path }) => !results.has(path));
        why = end.why;
        if (end.isFinal)
            break;
    }
    for (const file of left)
        skip(file, why);
    return [...results.values()];
}
function runThread(startThread, files, { signal, limitMs }, onResult) {
    return new Promise((resolve) => {
        const at = new SharedArrayBuffer(4);
        const current = new Int32Array(at);
        Atomics.store(current, 0, -1);
        let thread;
        try {
            thread = startThread({ files, at });
        }
        catch (error) {
            resolve({ at: undefined, why: describe(error), isFinal: true });
            return;
        }
        let isOver = false;
        const over = (end) => {
            if (isOver)
                return;
            isOver = true;
            clearTimeout(timer);
            signal.removeEventListener('abort', onAbort);
            void thread.terminate().then(() => resolve(end), () => resolve(end));
        };
        const died = (why) => {
            const index = Atomics.load(current, 0);
            // One that ends before its first file would do so again.
            over({ at: index < 0 ? undefined : index, why, isFinal: index < 0 });
        };
        const onAbort = () => over({ at: undefined, why: 'the run was cancelled', isFinal: true });
        const timer = setTimeout(() => {
            const index = Atomics.load(current, 0);
            over({ at: index < 0 ? undefined : index, why: 'it took too long', isFinal: true });
        }, limitMs);
        timer.unref();
        signal.addEventListener('abort', onAbort, { once: true });
        thread.on('message', ({ results, state }) => {
            results.forEach(onResult);
            if (state !== 'goes-on')
                over({ at: undefined, why: 'the linter ended before it', isFinal: state === 'done' });
        });
        thread.on('error', (error) => died(describe(error)));
        thread.on('exit', (code) => died(`code ${code}`));
    });
}
const describe = (error) => (error instanceof Error ? error.message : String(error));

;// CONCATENATED MODULE: ./src/check/read-project.ts








/** Folders of an Astro project that go into its image and hold Python. */
const IMAGE_FOLDERS = ['plugins', 'include'];
/** Reads all Python files that a deploy may bring. Never rejects: what cannot be read is not there. */
async function readProject(deps, { folder, dagsPath, dagFolder, deployType }) {
    const started = performance.now();
    const [dags, dockerfile, requirements] = await Promise.all([
        dagFolder.then(({ files }) => files, () => []),
        readText(external_node_path_.join(folder, 'Dockerfile')),
        readText(external_node_path_.join(folder, 'requirements.txt')),
    ]);
    const beside = deployType === 'dags-only' ? [] : IMAGE_FOLDERS.flatMap((name) => listPython(folder, name));
    const files = new Map();
    for (const file of [...dags.flatMap((dag) => asSource(dag, dagsPath)), ...beside]) {
        if (!files.has(file.absolutePath))
            files.set(file.absolutePath, file);
    }
    const [results, ignores] = await Promise.all([
        files.size === 0 ? [] : readFiles(deps.startThread, [...files.values()], deps),
        readIgnores(folder, dagsPath, dags),
    ]);
    return {
        results,
        isIgnored: rememberIgnored(ignores),
        from: dockerfile === undefined ? undefined : (0,image_dockerfile/* readDockerfile */.n)(dockerfile).from,
        installed: readRequirements(requirements ?? ''),
        elapsedMs: performance.now() - started,
        isPathSet: dockerfile?.includes('PYTHONPATH') === true,
    };
}
function asSource(file, dagsPath) {
    if (file.kind !== 'file' || !file.path.endsWith('.py'))
        return [];
    const { absolutePath, size } = file;
    return [{ path: external_node_path_.posix.join(dagsPath, (0,promised_dags/* belowDags */.Nh)(file.path)), absolutePath, size }];
}
/** Links are not followed: they may go round in circles, and what they lead to is read where it is. */
function listPython(project, folder) {
    const found = [];
    const folders = [folder];
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
        for (const entry of entriesOf(external_node_path_.join(project, next))) {
            const inside = `${next}/${entry.name}`;
            if ((0,dag_file/* isLeftOut */.W)(entry.name))
                continue;
            if (entry.isDirectory())
                folders.push(inside);
            else if (entry.isFile() && entry.name.endsWith('.py'))
                found.push(sourceAt(project, inside));
        }
    }
    return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
function entriesOf(folder) {
    try {
        return (0,external_node_fs_.readdirSync)(folder, { withFileTypes: true });
    }
    catch {
        return [];
    }
}
function sourceAt(project, inside) {
    const absolutePath = external_node_path_.join(project, inside);
    return { path: inside, absolutePath, size: (0,external_node_fs_.statSync)(absolutePath, { throwIfNoEntry: false })?.size ?? 0 };
}
/** Airflow honours `.airflowignore` in the DAG folder and in the folder of plugins. */
async function readIgnores(project, dagsPath, dags) {
    const plugins = await readText(external_node_path_.join(project, 'plugins', '.airflowignore'));
    const inDags = await (0,promised_dags/* readIgnoreFiles */.KV)(new Map(dags.map((file) => [(0,promised_dags/* belowDags */.Nh)(file.path), file]))).catch(() => new Map());
    return [
        { folder: dagsPath, files: inDags },
        ...(plugins === undefined ? [] : [{ folder: 'plugins', files: new Map([['', plugins]]) }]),
    ].filter(({ files }) => files.size > 0);
}
function rememberIgnored(ignores) {
    const known = new Map();
    return (file, major) => {
        const found = ignores.find(({ folder }) => folder === '' || file.startsWith(`${folder}/`));
        if (!found)
            return 'no';
        const { folder, files } = found;
        const key = `${major} ${file}`;
        const answer = known.get(key) ?? (0,airflow_ignore/* isIgnored */.p)(folder === '' ? file : file.slice(folder.length + 1), files, major);
        known.set(key, answer);
        return answer;
    };
}
function readRequirements(text) {
    return new Set(text.split(/\r?\n/).flatMap((line) => {
        const [name] = /^[a-z0-9][\w.-]*/i.exec(line.trim()) ?? [];
        return name === undefined ? [] : [name.toLowerCase().replaceAll(/[-.]+/g, '_')];
    }));
}
async function readText(file) {
    try {
        return await (0,promises_.readFile)(file, 'utf8');
    }
    catch {
        return undefined;
    }
}


/***/ }),

/***/ 4327:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   e: () => (/* binding */ TITLES)
/* harmony export */ });
/** What the rules are called where people see them. */
const TITLES = {
    syntax: 'Python syntax',
    'airflow-3': 'Removed in Airflow 3',
    'undefined-name': 'Undefined name',
    'duplicate-dag-id': 'DAG ID in two files',
    'import-path': 'Import that finds nothing',
    'relative-import': 'Relative import in a DAG file',
    'shadows-airflow': 'Name of Airflow’s own package',
    'ignored-dag': 'DAG that is hidden',
};


/***/ })

};
