"""The least that Streamlit can show: the floor that pages are held against."""

import streamlit as st

st.title("Nothing")
