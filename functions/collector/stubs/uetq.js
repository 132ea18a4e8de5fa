window.uetq = window.uetq || [];
