// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate14;
const schema20 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"sr":{"$ref":"types.json#/definitions/sr_handle"}},"required":["dbg","sr"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};

function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.dbg === undefined) && (missing0 = "dbg")) || ((data.sr === undefined) && (missing0 = "sr"))){
validate14.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.dbg !== undefined){
const _errs1 = errors;
if(typeof data.dbg !== "string"){
validate14.errors = [{instancePath:instancePath+"/dbg",schemaPath:"types.json#/definitions/dbg/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.sr !== undefined){
const _errs4 = errors;
if(typeof data.sr !== "string"){
validate14.errors = [{instancePath:instancePath+"/sr",schemaPath:"types.json#/definitions/sr_handle/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate14.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate14.errors = vErrors;
return errors === 0;
}

export const result = validate15;
const schema15 = {"type":"object","properties":{"sr":{"$ref":"#/definitions/sr_handle"},"uuid":{"type":"string"},"name":{"type":"string"},"description":{"type":"string"},"free_space":{"$ref":"#/definitions/int64"},"total_space":{"$ref":"#/definitions/int64"},"datasources":{"type":"array","items":{"type":"string"}},"clustered":{"type":"boolean"},"health":{"$ref":"#/definitions/health"}},"required":["sr","name","description","free_space","total_space","datasources","clustered","health"]};
const schema17 = {"int64":{}};
const schema19 = {"anyOf":[{"type":"array","items":[{"const":"Healthy"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"Recovering"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"Unreachable"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"Unavailable"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false}]};

function validate15(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((((data.sr === undefined) && (missing0 = "sr")) || ((data.name === undefined) && (missing0 = "name"))) || ((data.description === undefined) && (missing0 = "description"))) || ((data.free_space === undefined) && (missing0 = "free_space"))) || ((data.total_space === undefined) && (missing0 = "total_space"))) || ((data.datasources === undefined) && (missing0 = "datasources"))) || ((data.clustered === undefined) && (missing0 = "clustered"))) || ((data.health === undefined) && (missing0 = "health"))){
validate15.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.sr !== undefined){
const _errs1 = errors;
if(typeof data.sr !== "string"){
validate15.errors = [{instancePath:instancePath+"/sr",schemaPath:"#/definitions/sr_handle/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uuid !== undefined){
const _errs4 = errors;
if(typeof data.uuid !== "string"){
validate15.errors = [{instancePath:instancePath+"/uuid",schemaPath:"#/properties/uuid/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.name !== undefined){
const _errs6 = errors;
if(typeof data.name !== "string"){
validate15.errors = [{instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs6 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.description !== undefined){
const _errs8 = errors;
if(typeof data.description !== "string"){
validate15.errors = [{instancePath:instancePath+"/description",schemaPath:"#/properties/description/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.free_space !== undefined){
let data4 = data.free_space;
const _errs10 = errors;
if(!(typeof data4 == "bigint" ? data4 >= -(2n ** 63n) && data4 < 2n ** 63n : Number.isSafeInteger(data4) && data4 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/free_space",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs10 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.total_space !== undefined){
let data5 = data.total_space;
const _errs12 = errors;
if(!(typeof data5 == "bigint" ? data5 >= -(2n ** 63n) && data5 < 2n ** 63n : Number.isSafeInteger(data5) && data5 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/total_space",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs12 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.datasources !== undefined){
let data6 = data.datasources;
const _errs14 = errors;
if(errors === _errs14){
if(Array.isArray(data6)){
var valid4 = true;
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
const _errs16 = errors;
if(typeof data6[i0] !== "string"){
validate15.errors = [{instancePath:instancePath+"/datasources/" + i0,schemaPath:"#/properties/datasources/items/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid4 = _errs16 === errors;
if(!valid4){
break;
}
}
}
else {
validate15.errors = [{instancePath:instancePath+"/datasources",schemaPath:"#/properties/datasources/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.clustered !== undefined){
const _errs18 = errors;
if(typeof data.clustered !== "boolean"){
validate15.errors = [{instancePath:instancePath+"/clustered",schemaPath:"#/properties/clustered/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs18 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.health !== undefined){
let data9 = data.health;
const _errs20 = errors;
const _errs22 = errors;
let valid6 = false;
const _errs23 = errors;
if(errors === _errs23){
if(Array.isArray(data9)){
if(data9.length > 2){
const err0 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/0/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
else {
if(data9.length < 2){
const err1 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/0/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
else {
const len1 = data9.length;
if(!(len1 <= 2)){
const err2 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/0/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
else {
const len2 = data9.length;
if(len2 > 0){
const _errs25 = errors;
if("Healthy" !== data9[0]){
const err3 = {instancePath:instancePath+"/health/0",schemaPath:"#/definitions/health/anyOf/0/items/0/const",keyword:"const",params:{allowedValue: "Healthy"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid7 = _errs25 === errors;
}
if(valid7){
if(len2 > 1){
const _errs26 = errors;
if(typeof data9[1] !== "string"){
const err4 = {instancePath:instancePath+"/health/1",schemaPath:"#/definitions/health/anyOf/0/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var valid7 = _errs26 === errors;
}
}
}
}
}
}
else {
const err5 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/0/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
var _valid0 = _errs23 === errors;
valid6 = valid6 || _valid0;
if(!valid6){
const _errs28 = errors;
if(errors === _errs28){
if(Array.isArray(data9)){
if(data9.length > 2){
const err6 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/1/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
else {
if(data9.length < 2){
const err7 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/1/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
else {
const len3 = data9.length;
if(!(len3 <= 2)){
const err8 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/1/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
else {
const len4 = data9.length;
if(len4 > 0){
const _errs30 = errors;
if("Recovering" !== data9[0]){
const err9 = {instancePath:instancePath+"/health/0",schemaPath:"#/definitions/health/anyOf/1/items/0/const",keyword:"const",params:{allowedValue: "Recovering"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
var valid8 = _errs30 === errors;
}
if(valid8){
if(len4 > 1){
const _errs31 = errors;
if(typeof data9[1] !== "string"){
const err10 = {instancePath:instancePath+"/health/1",schemaPath:"#/definitions/health/anyOf/1/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
var valid8 = _errs31 === errors;
}
}
}
}
}
}
else {
const err11 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/1/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
var _valid0 = _errs28 === errors;
valid6 = valid6 || _valid0;
if(!valid6){
const _errs33 = errors;
if(errors === _errs33){
if(Array.isArray(data9)){
if(data9.length > 2){
const err12 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/2/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
else {
if(data9.length < 2){
const err13 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/2/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
else {
const len5 = data9.length;
if(!(len5 <= 2)){
const err14 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/2/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
else {
const len6 = data9.length;
if(len6 > 0){
const _errs35 = errors;
if("Unreachable" !== data9[0]){
const err15 = {instancePath:instancePath+"/health/0",schemaPath:"#/definitions/health/anyOf/2/items/0/const",keyword:"const",params:{allowedValue: "Unreachable"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
var valid9 = _errs35 === errors;
}
if(valid9){
if(len6 > 1){
const _errs36 = errors;
if(typeof data9[1] !== "string"){
const err16 = {instancePath:instancePath+"/health/1",schemaPath:"#/definitions/health/anyOf/2/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
var valid9 = _errs36 === errors;
}
}
}
}
}
}
else {
const err17 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/2/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
var _valid0 = _errs33 === errors;
valid6 = valid6 || _valid0;
if(!valid6){
const _errs38 = errors;
if(errors === _errs38){
if(Array.isArray(data9)){
if(data9.length > 2){
const err18 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/3/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
else {
if(data9.length < 2){
const err19 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/3/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
else {
const len7 = data9.length;
if(!(len7 <= 2)){
const err20 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/3/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
else {
const len8 = data9.length;
if(len8 > 0){
const _errs40 = errors;
if("Unavailable" !== data9[0]){
const err21 = {instancePath:instancePath+"/health/0",schemaPath:"#/definitions/health/anyOf/3/items/0/const",keyword:"const",params:{allowedValue: "Unavailable"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
var valid10 = _errs40 === errors;
}
if(valid10){
if(len8 > 1){
const _errs41 = errors;
if(typeof data9[1] !== "string"){
const err22 = {instancePath:instancePath+"/health/1",schemaPath:"#/definitions/health/anyOf/3/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
var valid10 = _errs41 === errors;
}
}
}
}
}
}
else {
const err23 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf/3/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
var _valid0 = _errs38 === errors;
valid6 = valid6 || _valid0;
}
}
}
if(!valid6){
const err24 = {instancePath:instancePath+"/health",schemaPath:"#/definitions/health/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
validate15.errors = vErrors;
return false;
}
else {
errors = _errs22;
if(vErrors !== null){
if(_errs22){
vErrors.length = _errs22;
}
else {
vErrors = null;
}
}
}
var valid0 = _errs20 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
else {
validate15.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate15.errors = vErrors;
return errors === 0;
}
