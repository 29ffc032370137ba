import { testAgainst } from './suite.ts'

testAgainst('3')
