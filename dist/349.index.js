export const id = 349;
export const ids = [349];
export const modules = {

/***/ 4349:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   sarif: () => (/* binding */ sarif)
/* harmony export */ });
/* harmony import */ var _rules_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4327);

const HELP = 'docs/recipes/pull-requests.md';
/** Findings as SARIF, with paths relative to the root of the repository. */
function sarif(findings) {
    const rules = Object.keys(_rules_js__WEBPACK_IMPORTED_MODULE_0__/* .TITLES */ .e);
    return {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: [
            {
                tool: {
                    driver: {
                        name: 'deploy-to-astro',
                        rules: rules.map((id) => ({
                            id,
                            name: id,
                            shortDescription: { text: _rules_js__WEBPACK_IMPORTED_MODULE_0__/* .TITLES */ .e[id] },
                            help: { text: `${_rules_js__WEBPACK_IMPORTED_MODULE_0__/* .TITLES */ .e[id]}: see ${HELP}` },
                            defaultConfiguration: { level: id === 'syntax' ? 'error' : 'warning' },
                        })),
                    },
                },
                columnKind: 'utf16CodeUnits',
                results: findings.map(({ rule, level, message, path, line, column }) => ({
                    ruleId: rule,
                    ruleIndex: rules.indexOf(rule),
                    level,
                    message: { text: message },
                    locations: [
                        {
                            physicalLocation: {
                                artifactLocation: {
                                    uri: path.split('/').map(encodeURIComponent).join('/'),
                                    uriBaseId: '%SRCROOT%',
                                },
                                region: { startLine: line ?? 1, ...(column === undefined ? {} : { startColumn: column }) },
                            },
                        },
                    ],
                })),
            },
        ],
    };
}


/***/ })

};
