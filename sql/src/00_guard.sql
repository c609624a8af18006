-- datavault 0.1: install script, made from sql/src/*.sql in order.
\echo Use "CREATE EXTENSION datavault" to load this file. \quit

