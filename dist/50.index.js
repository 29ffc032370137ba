export const id = 50;
export const ids = [50];
export const modules = {

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


/***/ })

};
