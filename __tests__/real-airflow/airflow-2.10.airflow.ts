import { testKindsOf } from './kinds.ts'

testKindsOf('2.10')
