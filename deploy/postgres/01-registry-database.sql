-- Run once, when the data folder is made: the schema registry keeps its schemas in a database of its own.
CREATE DATABASE registry;
